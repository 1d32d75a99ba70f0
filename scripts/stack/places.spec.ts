import { describe, expect, it } from 'vitest';
import { Places } from './places.js';

function places(): Places {
  return new Places(
    [
      { name: 'gate', paths: [], published: [], addresses: ['172.31.0.3'] },
      {
        name: 'proxy',
        paths: [
          ['/tmp', '/tmp/run/proxy/tmp'],
          ['/tmp/deep', '/tmp/run/proxy/deep'],
          ['/data', '/tmp/run/proxy/data'],
        ],
        published: [[8088, 80]],
        addresses: [],
      },
    ],
    [5001, 5002, 5003, 5004],
  );
}

describe('Places', () => {
  it('gives each service and port one place', () => {
    const given = places();
    expect([given.port('gate', 80), given.port('proxy', 80), given.port('gate', 80)]).toEqual([5001, 5002, 5001]);
    expect(given.url('gate', 80, '/x')).toBe('http://127.0.0.1:5001/x');
  });

  it.each([
    ['a service by its name', 'server gate:80;', 'server 127.0.0.1:5001;'],
    ['a name within another', 'server agate:80 gate-way:80 gate.example:80', 'server agate:80 gate-way:80 gate.example:80'],
    ['where it listens', 'listen 0.0.0.0:80', 'listen 127.0.0.1:5001'],
    ['where it listens, in two lines', 'host: 0.0.0.0\n  port: 80', 'host: 127.0.0.1\n  port: 5001'],
    ['a fixed address', 'trust 172.31.0.3', 'trust 127.0.0.1'],
    [
      'paths, each whole',
      'a /tmp/x /data /database /etc/data =/data',
      'a /tmp/run/proxy/tmp/x /tmp/run/proxy/data /database /etc/data =/tmp/run/proxy/data',
    ],
    ['the longest path', '/tmp/deep/x', '/tmp/run/proxy/deep/x'],
    ['what is published for people', 'http://127.0.0.1:8088/docs', 'http://127.0.0.1:5001/docs'],
    ['what nobody has', 'http://127.0.0.1:1234', 'http://127.0.0.1:1234'],
  ])('rewrites %s', (_name, text, expected) => {
    expect(places().rewrite('proxy', 'file', text)).toBe(expected);
  });

  it('takes 127.0.0.1 for the container itself where it listens there', () => {
    const given = places();
    given.learn('proxy', 'listen 0.0.0.0:80;');
    expect(given.rewrite('proxy', 'file', 'http://127.0.0.1:80/health')).toBe(`http://127.0.0.1:${given.port('proxy', 80)}/health`);
  });

  it('keeps every change once', () => {
    const given = places();
    given.rewrite('proxy', 'file', 'gate:80 gate:80 /data');
    expect(given.replacements).toEqual([
      { service: 'proxy', where: 'file', from: 'gate:80', to: '127.0.0.1:5001' },
      { service: 'proxy', where: 'file', from: '/data', to: '/tmp/run/proxy/data' },
    ]);
  });
});
