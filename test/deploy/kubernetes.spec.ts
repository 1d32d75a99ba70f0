import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Config } from '../../src/config/config.js';
import { SCHEMA } from '../../src/config/schema.js';
import { METRICS } from '../../src/monitoring/metrics/catalogue.js';
import type { MetricDefinition } from '../../src/monitoring/metrics/metric-definition.js';
import { complaintsOfTypes, FOLDER, type Manifest, manifests, modelOf } from './manifests.js';

const ALL = manifests();
const OPTIONS = new Set(Object.values(SCHEMA).flatMap((section) => Object.values(section).map(({ env }) => env)));

/** What is looked at of a resource; the schemas have the rest. */
interface Looked {
  readonly data: Readonly<Record<string, string>>;
  readonly spec: never;
}

interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly Container[];
    readonly securityContext: object;
  };
}

interface Container {
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly env: readonly { readonly name: string; readonly valueFrom: { readonly secretKeyRef?: { readonly name: string } } }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

function find(kind: string): Manifest & Looked {
  const found = ALL.filter((each) => each.kind === kind);
  expect(found.map(({ file }) => file)).toHaveLength(1);
  return { ...(found[0] as Manifest), ...(found[0]?.body as unknown as Looked) };
}

const yaml = (path: string): unknown => parse(readFileSync(join(FOLDER, path), 'utf8'));
const pod = (find('Deployment').spec as { readonly template: Pod }).template;
const [container] = pod.spec.containers as readonly [Container];
const settings = find('ConfigMap').data;

describe('every manifest', () => {
  it.each(ALL.map((each) => [`${each.file}: ${each.kind}`, each] as const))(
    '%s is what the schema of its kind wants',
    async (_name, each) => {
      const models = (await import(modelOf(each))) as Readonly<Record<string, new (body: object) => { validate(): void }>>;
      const Model = models[each.kind];
      if (Model === undefined) throw new Error(`${each.apiVersion} has no ${each.kind}`);
      expect(() => new Model(each.body).validate()).not.toThrow();
    },
  );

  it('has no field that its kind does not have', () => {
    expect(complaintsOfTypes(ALL)).toEqual([]);
    // They would be told of.
    const [first] = ALL.filter(({ kind }) => kind === 'PodDisruptionBudget') as [Manifest];
    const wrong = { ...first, body: { ...first.body, spec: { maxUnavailable: 1, maxUnavailible: 1 } } };
    expect(complaintsOfTypes([wrong]).join()).toMatch(/maxUnavailible.+ does not exist/);
  });

  it('is in the kustomization of its folder, and that names nothing else', () => {
    for (const folder of ['gateway', 'base']) {
      const { resources } = yaml(`${folder}/kustomization.yaml`) as { readonly resources: readonly string[] };
      const files = ALL.flatMap(({ file }) => (file.startsWith(`${folder}/`) ? [file.slice(folder.length + 1)] : []));
      expect(resources.filter((each) => each.endsWith('.yaml')).toSorted()).toEqual(files);
      for (const each of resources) expect(existsSync(join(FOLDER, folder, each)), each).toBe(true);
    }
  });
});

describe('the pod', () => {
  it('is given options that the gateway has, with values that it takes', () => {
    const named = [...Object.keys(settings), ...container.env.map(({ name }) => name)];
    expect(named.filter((name) => !OPTIONS.has(name))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
    const secrets = { DATABASE_URL: 'postgres://a:b@c/d', REDIS_URL: 'redis://c', WAYBILL_NODE_ID: 'waybill-6d4b75cb6d-hwkxz' };
    const { server, gateway } = Config.from({ ...settings, ...secrets });
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    expect(ports).toEqual({ public: server.port, ops: server.opsPort });
    // After what proxies need to learn that it goes, and its drain, it has time to store what is queued.
    const { sleep } = container.lifecycle.preStop;
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(sleep.seconds + gateway.drainTimeoutMs / 1_000 + 20);
    expect(readFileSync(join(FOLDER, 'gateway/deployment.yaml'), 'utf8')).toContain(
      `${sleep.seconds} s + ${gateway.drainTimeoutMs / 1_000} s + 20 s`,
    );
  });

  it('holds no secret of its own, and the document makes those that it asks for', () => {
    expect(Object.keys(settings).filter((name) => /SECRET|PASSWORD|KEY|_URL$/.test(name))).toEqual([]);
    const secrets = container.env.flatMap(({ name, valueFrom }) => (valueFrom.secretKeyRef === undefined ? [] : [name]));
    expect(secrets.toSorted()).toEqual(['DATABASE_URL', 'REDIS_URL', 'WAYBILL_API_KEY', 'WAYBILL_JWT_SECRET', 'WAYBILL_OPERATOR_PASSWORD']);
    const document = readFileSync('docs/kubernetes.md', 'utf8');
    for (const name of secrets) expect(document).toContain(`--from-literal=${name}=`);
  });

  it('is asked at paths that the operators’ port answers', () => {
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    expect(probes.map(({ httpGet }) => `${httpGet.port}${httpGet.path}`)).toEqual(['ops/readyz', 'ops/healthz', 'ops/readyz']);
  });

  it('is as confined as the image allows', () => {
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    // The user `node` of the image.
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const [, data] = /WAYBILL_DATA_DIR=(\S+)/.exec(dockerfile) ?? [];
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([data, '/tmp']);
  });

  it('is of this version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    for (const folder of ['gateway', 'canary']) {
      const { images } = yaml(`${folder}/kustomization.yaml`) as { readonly images: readonly object[] };
      expect(images).toEqual([{ name: container.image, newTag: version }]);
    }
  });
});

describe('what refers to the pod', () => {
  const { labels } = pod.metadata;
  const selects = (selector: Readonly<Record<string, string>>): boolean =>
    Object.entries(selector).every(([name, value]) => labels[name] === value);

  it('finds it by its labels', () => {
    const budget = find('PodDisruptionBudget').spec as { readonly selector: { readonly matchLabels: Record<string, string> } };
    const policy = find('NetworkPolicy').spec as { readonly podSelector: { readonly matchLabels: Record<string, string> } };
    const service = find('Service').spec as { readonly selector: Record<string, string> };
    const deployment = find('Deployment').spec as { readonly selector: { readonly matchLabels: Record<string, string> } };
    const selectors = [budget.selector.matchLabels, policy.podSelector.matchLabels, service.selector, deployment.selector.matchLabels];
    expect(selectors.map(selects)).toEqual([true, true, true, true]);
    // Those of a release that is tried are behind the same Service, and belong to another Deployment.
    expect(selectors.map((selector) => 'release' in selector)).toEqual([false, false, false, true]);
    expect(yaml('canary/kustomization.yaml')).toMatchObject({ labels: [{ pairs: { release: 'canary' }, includeSelectors: true }] });
  });

  it('names its ports', () => {
    const names = container.ports.map(({ name }) => name);
    const service = find('Service').spec as { readonly ports: readonly { readonly name: string; readonly targetPort: string }[] };
    for (const { targetPort } of service.ports) expect(names).toContain(targetPort);
    expect(JSON.stringify(find('Ingress').spec)).toContain(`"port":{"name":"${service.ports[0]?.name ?? ''}"}`);
    const { ingress } = find('NetworkPolicy').spec as { readonly ingress: readonly { readonly ports: readonly { port: string }[] }[] };
    expect(ingress.flatMap(({ ports }) => ports.map(({ port }) => port)).toSorted()).toEqual(names.toSorted());
  });

  it('waits in the ingress for three pings', () => {
    const { annotations } = find('Ingress').metadata;
    const wait = (3 * Config.from({}).gateway.pingIntervalMs) / 1_000;
    for (const name of ['tunnel', 'server'])
      expect(Number.parseInt(annotations?.[`haproxy.org/timeout-${name}`] ?? '', 10)).toBeGreaterThan(wait);
  });
});

describe('the autoscaler', () => {
  const metrics = (find('HorizontalPodAutoscaler').spec as { readonly metrics: readonly Asked[] }).metrics;
  const { rules } = yaml('monitoring/prometheus-adapter.yaml') as { readonly rules: { readonly custom: readonly Rule[] } };

  interface Asked {
    readonly pods?: { readonly metric: { readonly name: string }; readonly target: { readonly averageValue: string } };
  }
  interface Rule {
    readonly seriesQuery: string;
    readonly name: { readonly as: string };
    readonly metricsQuery: string;
  }

  it('asks for what the adapter answers', () => {
    expect(metrics.flatMap(({ pods }) => pods?.metric.name ?? [])).toEqual(rules.custom.map(({ name }) => name.as));
  });

  it('calls half of the allowed connections full', () => {
    const connections = metrics.find(({ pods }) => pods?.metric.name === 'waybill_connections')?.pods;
    expect(Number(connections?.target.averageValue)).toBe(Number(settings['WAYBILL_MAX_CONNECTIONS']) / 2);
  });

  it('goes by metrics that there are', () => {
    // Those of Node itself stand in no catalogue, but on a dashboard, whose names are compared with the running program's.
    const documented = readFileSync('docs/metrics.md', 'utf8') + readFileSync('grafana/dashboards/waybill-bus-cluster.json', 'utf8');
    for (const { seriesQuery, metricsQuery } of rules.custom) {
      const named = `${seriesQuery} ${metricsQuery}`.match(/\b(?:waybill|nodejs)_[a-z_]+/g) ?? [];
      expect(named.map((name) => name.replace(/_(?:count|sum)$/, '')).filter((name) => !documented.includes(name))).toEqual([]);
    }
  });

  it('finds pods by labels that Prometheus gives them, and none of these is one of the gateway’s', () => {
    const scrape = yaml('monitoring/scrape-config.yaml') as {
      readonly job_name: string;
      readonly relabel_configs: readonly { target_label?: string }[];
    };
    const given = scrape.relabel_configs.flatMap(({ target_label: label }) => label ?? []);
    const ours = new Set(Object.values<MetricDefinition>(METRICS).flatMap(({ labels }) => Object.keys(labels)));
    expect([scrape.job_name, given.filter((label) => ours.has(label))]).toEqual(['waybill', []]);
    for (const { seriesQuery } of rules.custom)
      for (const [, label = ''] of seriesQuery.matchAll(/(\w+)!=/g)) expect(given).toContain(label);
  });
});
