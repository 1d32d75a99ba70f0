import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { type NamespacePolicy, policyOf } from '../config/namespace-policy.js';
import { namespaceOf } from '../protocol/topic-name.js';

/** Which policy holds for a topic. */
@Injectable()
export class Namespaces {
  constructor(private readonly config: Config) {}

  policyFor(topic: string): NamespacePolicy {
    return policyOf(this.config.messaging.namespaces, namespaceOf(topic));
  }
}
