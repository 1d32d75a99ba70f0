import { MemberTable, MemoryMemberStore } from '../../src/cluster/memory-member-store.js';
import { describeMemberStore } from './member-store.suite.js';

let table = new MemberTable();

describeMemberStore('MemoryMemberStore', async (isFirst) => {
  if (isFirst) table = new MemberTable();
  return new MemoryMemberStore(table);
});
