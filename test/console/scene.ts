import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Incident, type RestDoor } from '../support/incident.js';
import type { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';

const CLIENTS = ['shop-web/3.2.1', 'shop-ios/1.9.0', 'kiosk/2.1.0'];
const NAMES = ['ada', 'ben', 'cem', 'dora', 'elif', 'finn', 'gita', 'hugo', 'ines', 'joon', 'kofi', 'lena', 'milo', 'nora', 'omar', 'pia'];
const ROOMS = ['chat.lobby', 'chat.support', 'orders.77', 'orders.78', 'news.today'];
const BEAT_MS = 50;

/** The REST door of a built program. */
export function doorOf(program: Program, apiKey: string): RestDoor {
  const rest: RestDoor['rest'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${program.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as never };
  };
  const token: RestDoor['token'] = async (user, grants = { topics: { subscribe: ['*'], publish: ['*'] } }) => {
    const { body } = await rest('POST', '/api/v1/auth/tokens', { user, ...grants });
    return (body.data as { readonly token: string }).token;
  };
  return { port: program.port, rest, token };
}

/** An ordinary afternoon with an incident in it: people in rooms, a backend that publishes, a phone that stalls, somebody without rights. */
export class Scene {
  readonly #people: TestSocket[] = [];
  readonly #end = new AbortController();
  #music: Promise<void> = Promise.resolve();

  private constructor(
    readonly incident: Incident,
    private readonly door: RestDoor,
  ) {}

  static async on(door: RestDoor): Promise<Scene> {
    const scene = new Scene(await Incident.on(door), door);
    await scene.#enter();
    scene.#music = scene.#play();
    return scene;
  }

  async end(): Promise<void> {
    this.#end.abort();
    await this.#music;
    for (const person of this.#people) person.socket.terminate();
  }

  async #enter(): Promise<void> {
    for (const [place, name] of NAMES.entries()) {
      const client = encodeURIComponent(CLIENTS[place % CLIENTS.length] ?? '');
      const socket = await TestSocket.connect(this.door.port, await this.door.token(name), { path: `/ws?client=${client}` });
      const topics = ROOMS.filter((_, room) => (place + room) % 2 === 0).map((topic) => ({ topic }));
      await socket.request('topic.subscribe', { topics });
      this.#people.push(socket);
    }
    this.#people.push(await this.incident.stall('quinn'));
    const guest = await TestSocket.connect(this.door.port, await this.door.token('guest', { topics: { subscribe: ['news.*'] } }));
    await guest.request('topic.subscribe', { topics: [{ topic: 'orders.77' }] });
    this.#people.push(guest);
  }

  async #play(): Promise<void> {
    for (let beat = 0; !this.#end.signal.aborted; beat += 1) {
      const topic = ROOMS[beat % ROOMS.length] ?? '';
      const speaker = this.#people[beat % NAMES.length];
      if (beat % 3 === 0)
        speaker?.send({ msg_id: `b-${beat}`, action: 'topic.publish', data: { topic, action: 'said', data: { text: `line ${beat}` } } });
      else await this.door.rest('POST', `/api/v1/topics/${topic}/messages`, { action: 'changed', data: { beat } });
      await delay(BEAT_MS + (beat % 40));
    }
  }
}

/** The password of the first operator, as the program wrote it down. */
export function firstPassword(program: Program): string {
  return readFileSync(join(program.dataDir, 'operator-password'), 'utf8').trim();
}
