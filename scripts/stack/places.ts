/** One text of a service that was changed, and how: everything the plain processes do otherwise than containers would. */
export interface Replacement {
  readonly service: string;
  /** The file, the argument list or the environment it stands in. */
  readonly where: string;
  readonly from: string;
  readonly to: string;
}

/** What of docker-compose.yml the places depend on. */
export interface PlacedService {
  readonly name: string;
  /** Path inside the container and the path here that stands for it. */
  readonly paths: readonly (readonly [target: string, here: string])[];
  /** Ports published on 127.0.0.1, and the container's own behind each. */
  readonly published: readonly (readonly [published: number, target: number])[];
  /** Fixed addresses in the networks. */
  readonly addresses: readonly string[];
}

const LOOPBACK = '127.0.0.1';

/**
 * Gives each `service:port` of the containers' network a port of this machine's loopback, and rewrites what names one: what listens on
 * all addresses, what calls another service by its name, and paths inside the container. Every change is kept.
 */
export class Places {
  readonly replacements: Replacement[] = [];
  readonly #services: readonly PlacedService[];
  readonly #free: number[];
  readonly #ports = new Map<string, number>();
  /** Ports each service listens on, learnt from its own settings. */
  readonly #listening = new Map<string, Set<number>>();

  /** `freePorts`: enough for every `service:port`. */
  constructor(services: readonly PlacedService[], freePorts: readonly number[]) {
    this.#services = services;
    this.#free = [...freePorts];
  }

  /** The port here that stands for a port of a service. */
  port(service: string, port: number): number {
    const key = `${service}:${port}`;
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    const given = this.#free.shift();
    if (given === undefined) throw new Error(`no free port is left for ${key}`);
    this.#ports.set(key, given);
    return given;
  }

  url(service: string, port: number, path = ''): string {
    return `http://${LOOPBACK}:${this.port(service, port)}${path}`;
  }

  /** Every place given so far, as `service:port`. */
  get all(): readonly (readonly [place: string, port: number])[] {
    return [...this.#ports];
  }

  /** Learns from a text which ports its service listens on. */
  learn(service: string, text: string): void {
    const ports = this.#listening.get(service) ?? new Set();
    for (const [, port] of text.matchAll(/0\.0\.0\.0:(\d+)/g)) ports.add(Number(port));
    for (const [, port] of text.matchAll(/host: 0\.0\.0\.0\s+port: (\d+)/g)) ports.add(Number(port));
    this.#listening.set(service, ports);
  }

  /** The text of a service as its plain process needs it. */
  rewrite(service: string, where: string, text: string): string {
    const own = this.#services.find(({ name }) => name === service);
    if (own === undefined) throw new Error(`${service} is no service`);
    const swap = (from: string, to: string): string => {
      if (from !== to && !this.replacements.some((each) => each.service === service && each.where === where && each.from === from))
        this.replacements.push({ service, where, from, to });
      return to;
    };
    const here = (from: string, owner: string, port: string): string => swap(from, `${LOOPBACK}:${this.port(owner, Number(port))}`);
    let result = text.replaceAll(/(?<![\d.])127\.0\.0\.1:(\d+)/g, (from, port: string) => {
      const owner = this.#ownerOfLoopback(service, Number(port));
      return owner === undefined ? from : here(from, owner[0], String(owner[1]));
    });
    result = result
      .replaceAll(/0\.0\.0\.0:(\d+)/g, (from, port: string) => here(from, service, port))
      .replaceAll(/host: 0\.0\.0\.0(\s+)port: (\d+)/g, (from, space: string, port: string) =>
        swap(from, `host: ${LOOPBACK}${space}port: ${this.port(service, Number(port))}`),
      );
    for (const { name, addresses } of this.#services) {
      const byName = new RegExp(`(?<![\\w.-])${name}:(\\d{2,5})(?!\\d)`, 'g');
      result = result.replaceAll(byName, (from, port: string) => here(from, name, port));
      for (const address of addresses) result = result.replaceAll(address, (from) => swap(from, LOOPBACK));
    }
    // In one go: a path that was put in is not looked at again.
    const paths = new Map(own.paths);
    const targets = [...paths.keys()].sort((one, other) => other.length - one.length).map(escaped);
    if (targets.length === 0) return result;
    const whole = new RegExp(`(?<![\\w./-])(?:${targets.join('|')})(?=$|[/:;\\s"',])`, 'g');
    result = result.replaceAll(whole, (from) => swap(from, paths.get(from) ?? from));
    return result;
  }

  /** 127.0.0.1 is the container itself; where it does not listen there, the text is meant for people on this machine. */
  #ownerOfLoopback(service: string, port: number): readonly [service: string, port: number] | undefined {
    if (this.#listening.get(service)?.has(port) === true) return [service, port];
    for (const { name, published } of this.#services) {
      const found = published.find(([outside]) => outside === port);
      if (found !== undefined) return [name, found[1]];
    }
    return undefined;
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
