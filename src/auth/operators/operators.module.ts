import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClusterModule } from '../../cluster/cluster.module.js';
import { FirstOperator } from './first-operator.js';
import { Operator } from './operator.entity.js';
import { OperatorSession } from './operator-session.entity.js';
import { OperatorSessions } from './operator-sessions.js';
import { Operators } from './operators.js';
import { PasswordHasher } from './password-hasher.js';
import { SignIn } from './sign-in.js';
import { SignInLimits } from './sign-in-limits.js';

/** The people who run this service: accounts, and how they sign in. */
@Module({
  imports: [ClusterModule, TypeOrmModule.forFeature([Operator, OperatorSession])],
  providers: [PasswordHasher, SignInLimits, OperatorSessions, Operators, SignIn, FirstOperator],
  exports: [Operators, OperatorSessions, SignIn, FirstOperator],
})
export class OperatorsModule {}
