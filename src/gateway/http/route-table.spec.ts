import { describe, expect, it } from 'vitest';
import { RouteTable } from './route-table.js';

const table = new RouteTable();
table.add('/api/v1/topics', ['GET']);
table.add('/api/v1/topics', ['HEAD']);
table.add('/api/v1/topics/:topic', ['GET']);
table.add('/api/v1/topics/:topic', ['DELETE']);
table.add('/api/v1/topics/:topic/messages', ['POST', 'GET']);

describe('RouteTable', () => {
  it.each([
    ['/api/v1/topics', ['GET', 'HEAD', 'OPTIONS']],
    ['/api/v1/topics/a', ['DELETE', 'GET', 'OPTIONS']],
    ['/api/v1/topics/a%2Fb/messages', ['GET', 'OPTIONS', 'POST']],
    ['/api/v1/topics/', []],
    ['/api/v1/topics//messages', []],
    ['/api/v1/topics/a/messages/1', []],
    ['/api/v1/Topics', []],
    ['/', []],
    ['', []],
  ])('%s answers %j', (path, methods) => {
    expect(table.methodsOf(path)).toEqual(methods);
  });
});
