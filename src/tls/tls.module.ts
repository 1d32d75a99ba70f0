import { Global, Module } from '@nestjs/common';
import { Certificates } from './certificates.js';

/** The certificates that both ports share. The application tells them which servers to serve. */
@Global()
@Module({ providers: [Certificates], exports: [Certificates] })
export class TlsModule {}
