import { type INestApplication, Injectable } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { PROTOCOL_VERSION } from '../../../protocol/limits.js';
import { Refusal } from '../../../protocol/refusal.js';

/** The OpenAPI document of REST, read off the controllers of the running application. */
@Injectable()
export class OpenApi {
  private application: INestApplication | undefined;
  private text: string | undefined;

  /** Names the application whose controllers are described; called before it listens. */
  describe(application: INestApplication): void {
    this.application = application;
  }

  /** The document as JSON text. Built when it is first asked for, since most nodes never are. */
  json(): string {
    return (this.text ??= JSON.stringify(this.build()));
  }

  private build(): unknown {
    if (this.application === undefined) throw new Refusal('NOT_FOUND', 'this gateway was started without its documents');
    const config = new DocumentBuilder()
      .setTitle('Waybill')
      .setDescription(
        'REST door of the gateway. Every answer is {"code","message","data","trace_id"}; a refusal has no data, and may have field, rule and retry_after_ms. ' +
          'The socket is described at /api/asyncapi.json.',
      )
      .setVersion(PROTOCOL_VERSION)
      .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A user token (JWT) or an API key.' }, 'bearer')
      .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' }, 'api_key')
      .addSecurityRequirements('bearer')
      .addSecurityRequirements('api_key')
      .build();
    return SwaggerModule.createDocument(this.application, config, {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
    });
  }
}
