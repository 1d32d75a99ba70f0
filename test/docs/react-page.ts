import { WaybillClient } from '@waybill/client';
import { createElement, type ReactElement, useLayoutEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useTopic } from '../../examples/snippets/use-topic.js';

/** A React page around the hook of the examples; the address and the token stand in the page's own address. */
const parameters = new URLSearchParams(location.search);
const client = new WaybillClient(parameters.get('gateway') ?? '', { token: parameters.get('token') ?? '' });

/** Each text that a component showed, even one replaced before it was painted. */
const shown: Record<string, string[]> = {};
Object.assign(globalThis, { shown });

function Topic({ topic, name }: { readonly topic: string; readonly name: string }): ReactElement {
  const { messages, ended } = useTopic<number>(client, topic, 2);
  const text = ended === undefined ? `${topic}: ${messages.map(({ data }) => data).join(' ')}` : ended.code;
  useLayoutEffect(() => void (shown[name] ??= []).push(text), [name, text]);
  return createElement('p', { id: name }, text);
}

function Page(): ReactElement {
  const [topic, setTopic] = useState('hook.one');
  const [sibling, setSibling] = useState(true);
  const button = (id: string, onClick: () => void): ReactElement => createElement('button', { id, key: id, onClick }, id);
  return createElement('main', null, [
    createElement(Topic, { key: 'a', name: 'a', topic }),
    sibling ? createElement(Topic, { key: 'b', name: 'b', topic: 'hook.one' }) : null,
    button('two', () => setTopic('hook.two')),
    button('alone', () => setSibling(false)),
    button('wrong', () => setTopic('no topic')),
  ]);
}

const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(createElement(Page));
