import { describe, expect, it } from 'vitest';
import { DEFAULT_NAMESPACES, POLICY_FIELDS, policyOf, readNamespaces } from './namespace-policy.js';
import { Problem } from './option.js';

function read(value: unknown) {
  const namespaces = readNamespaces(value);
  if (namespaces instanceof Problem) throw new Error(namespaces.text);
  return namespaces;
}

describe('readNamespaces', () => {
  it('fills what is left out with the documented defaults', () => {
    const defaults = Object.fromEntries(POLICY_FIELDS.map((field) => [field.name, field.default]));
    expect(read({ chat: { durable: false } })['chat']).toEqual({ ...defaults, durable: false });
    expect(DEFAULT_NAMESPACES['default']).toEqual(defaults);
  });

  it('takes a namespace without any field, as YAML leaves it', () => {
    expect(read({ chat: null })['chat']).toEqual(DEFAULT_NAMESPACES['default']);
  });

  it.each(['$user', '$all'])('keeps presence of %s off unless it is asked for', (name) => {
    expect(DEFAULT_NAMESPACES[name]).toMatchObject({ durable: true, presence: false });
    expect(read({ [name]: { history_length: 10 } })[name]).toMatchObject({ history_length: 10, presence: false });
    expect(read({ [name]: { presence: true } })[name]).toMatchObject({ presence: true });
  });

  it('takes a namespace called __proto__ like any other', () => {
    const namespaces = read(JSON.parse('{"__proto__":{"durable":false}}'));
    expect(policyOf(namespaces, '__proto__').durable).toBe(false);
    expect(policyOf(namespaces, 'chat').durable).toBe(true);
  });

  it.each([
    [null, 'must be a map from namespace to policy'],
    [['chat'], 'must be a map from namespace to policy'],
    ['chat', 'must be a map from namespace to policy'],
    [{ 'chat.room': {} }, 'names "chat.room", which is not a first segment of a topic'],
    [{ $canary: {} }, 'names "$canary", which is the server\'s own'],
    [{ $other: {} }, 'names "$other", which is not a first segment of a topic'],
    [{ chat: { durable: 'yes' } }, 'has a policy "chat" whose durable is wrong'],
    [{ chat: { history_length: -1 } }, 'has a policy "chat" whose history_length is wrong'],
    [{ chat: { publish: 'everybody' } }, 'has a policy "chat" whose publish is wrong'],
    [{ chat: { durabel: true } }, 'durabel'],
    [{ chat: [] }, 'has a policy "chat" whose content is wrong'],
    [{ $user: 5 }, 'has a policy "$user" whose content is wrong'],
  ])('refuses %j: %s', (value, sentence) => {
    const outcome = readNamespaces(value);
    expect(outcome).toBeInstanceOf(Problem);
    expect((outcome as Problem).text).toContain(sentence);
  });
});

describe('policyOf', () => {
  it.each(['unknown', 'constructor', 'toString'])('answers the default for %s, which has none of its own', (name) => {
    expect(policyOf(DEFAULT_NAMESPACES, name)).toBe(DEFAULT_NAMESPACES['default']);
  });
});
