import type { Redis } from 'ioredis';

type Call = (this: Redis, ...words: (string | number)[]) => Promise<unknown>;

/**
 * A step that Redis takes whole: nothing else happens there between its first and its last command. Sent as its text once on each
 * connection, and as its digest from then on.
 */
export class RedisScript {
  /** A connection has to know its scripts before its first command: a pipeline that is being filled learns no new ones. */
  private static readonly all: RedisScript[] = [];

  /**
   * Made when its module is loaded, before there is a connection.
   * @param keys how many of the words given to `run` are keys; they come first, and lie in one slot. Undefined: the first word says it.
   */
  constructor(
    private readonly name: string,
    private readonly keys: number | undefined,
    private readonly lua: string,
  ) {
    RedisScript.all.push(this);
  }

  static teach(client: Redis): void {
    for (const { name, keys, lua } of RedisScript.all)
      client.defineCommand(name, { ...(keys === undefined ? {} : { numberOfKeys: keys }), lua });
  }

  /** Answers what the script returns, text as bytes. Rejects with what Redis or the connection says. */
  run(client: Redis, ...words: readonly (string | number)[]): Promise<unknown> {
    const commands = client as unknown as Readonly<Record<string, Call>>;
    return (commands[`${this.name}Buffer`] as Call).apply(client, [...words]);
  }
}
