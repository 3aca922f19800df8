/**
 * What examples/operations has to deploy with. Neither Docker nor a cluster is here, so what they would do is done by hand:
 * the image's files are copied and its command is started, and the manifests are compared with the configurations they mount.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { init } from '../../src/commands/init.ts';
import { checkConfiguration } from '../../src/config/check.ts';
import { freePort } from '../../src/emulators/free-port.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { childEnv } from '../support/services/child-env.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const operations = join(root, 'examples/operations');
const read = (file: string): string => readFileSync(join(operations, file), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'payer-identity-deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dockerfile = read('Dockerfile');
/** Of the last stage: the copies from the build context. */
const copies = [...dockerfile.slice(dockerfile.lastIndexOf('FROM ')).matchAll(/^COPY (?!--from)(\S+) (\S+)$/gm)].map(
  ([, from = '', to = '']) => [from, to] as const,
);
const image = new Map(
  [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, all = '']) =>
    all.split(' ').map((one) => one.split('=') as [string, string]),
  ),
);
/** The words of ENTRYPOINT, or of CMD. */
const wordsOf = (instruction: string): string[] =>
  z.array(z.string()).parse(JSON.parse(new RegExp(`^${instruction} (\\[.+\\])$`, 'm').exec(dockerfile)?.[1] ?? '[]'));

const compose = z
  .looseObject({
    services: z.record(
      z.string(),
      z.looseObject({
        build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
        environment: z.record(z.string(), z.string()),
        volumes: z.array(z.string()),
        secrets: z.array(z.string()).default([]),
        healthcheck: z.looseObject({ test: z.array(z.string()) }),
      }),
    ),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(read('compose.yaml')));
const { 'payer-identity': service, postgres } = compose.services;

describe('the image', () => {
  const port = freePort();
  const imaged = join(folder, 'image');

  test('of the Dockerfile starts from the files that it copies, and the health check of compose.yaml finds it ready', {
    timeout: 60_000,
  }, async () => {
    for (const [from, to] of copies)
      cpSync(join(root, from), resolve(imaged, to, to.endsWith('/') ? basename(from) : '.'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(imaged, 'node_modules'));
    const config = join(folder, 'config.json');
    writeFileSync(
      config,
      JSON.stringify({
        defaultApp: 'shop',
        apps: [{ id: 'shop', channels: { wechat_pay: 'wechat' } }],
        sources: { wechat: { type: 'wechat', appId: 'wx1', appSecret: 's' } },
        router: { secrets: ['s'.repeat(32)] },
        keys: generateVaultKeys(),
      }),
    );
    const [program = '', ...words] = [...wordsOf('ENTRYPOINT'), ...wordsOf('CMD')];
    expect(program).toBe('node');
    const own = { HOST: '127.0.0.1', PORT: `${await port}`, CONFIG: config, DATA_DIR: join(folder, 'data') };
    const child = spawn(process.execPath, words, {
      cwd: imaged,
      env: childEnv({ ...Object.fromEntries(image), ...own }),
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    onTestFinished(async () => {
      child.kill('SIGTERM');
      await ended;
    });

    const [kind, node, ...check] = service?.healthcheck.test ?? [];
    expect([kind, node]).toEqual(['CMD', 'node']);
    const here = check.map((word) => word.replace(':4001', `:${own.PORT}`));
    const isReady = () => promisify(execFile)(process.execPath, here).then(...([() => true, () => false] as const));
    expect(await isReady()).toBe(false);
    await expect.poll(isReady, { timeout: 30_000 }).toBe(true);
  });

  test('has the commands of the operator', async () => {
    const [, ...entry] = wordsOf('ENTRYPOINT');
    const { stdout } = await promisify(execFile)(process.execPath, [...entry, 'migrate', '--help'], { cwd: imaged });
    expect(stdout).toMatch(/^Usage: payer-identity migrate/);
  });
});

describe('compose.yaml', () => {
  test('builds the image, and mounts what it names', () => {
    const { context = '', dockerfile: file = '' } = service?.build ?? {};
    expect(resolve(operations, context)).toBe(resolve(root));
    expect(existsSync(resolve(operations, context, file))).toBe(true);
    const [from, to] = service?.volumes[0]?.split(':') ?? [];
    expect([resolve(operations, from ?? ''), to]).toEqual([
      resolve(root, 'deploy'),
      dirname(image.get('CONFIG') ?? ''),
    ]);
    expect(postgres?.volumes.map((volume) => volume.split(':')[0])).toEqual(Object.keys(compose.volumes));
    expect(postgres?.secrets).toEqual(Object.keys(compose.secrets));
    expect(postgres?.environment.POSTGRES_PASSWORD_FILE).toBe(`/run/secrets/${postgres?.secrets[0]}`);
  });

  test('has every variable that the configuration of init needs, with an address of its own PostgreSQL', async () => {
    const command = /payer-identity init (--store \w+) --out (\S+)/.exec(read('compose.yaml'));
    expect(command?.[1]).toBe('--store postgres');
    expect(command?.[2]).toBe(`deploy/${image.get('CONFIG')?.split('/').at(-1)}`);
    const out = join(folder, 'deploy', 'payer-identity.yaml');
    mkdirSync(dirname(out));
    await init({
      source: ['wechat'],
      app: 'shop',
      returnUrl: ['https://shop.example.com/back'],
      store: 'postgres',
      out,
    });
    // The operator fills in what the consoles of the providers show.
    writeFileSync(out, readFileSync(out, 'utf8').replace("'<AppID>'", "'wx1'"));
    const [, address = ''] = /^\$\{DATABASE_URL:\?(.+)\}$/.exec(service?.environment.DATABASE_URL ?? '') ?? [];
    const { username, hostname, pathname } = new URL(address.replace('<password>', 'p'));
    expect({ username, hostname, database: pathname.slice(1) }).toEqual({
      username: postgres?.environment.POSTGRES_USER,
      hostname: 'postgres',
      database: postgres?.environment.POSTGRES_DB,
    });
    const report = await checkConfiguration({
      env: { DATABASE_URL: address.replace('<password>', 'p'), WECHAT_APP_SECRET: 's'.repeat(32) },
      file: out,
    });
    expect(report.problem).toBeUndefined();
  });
});

describe('kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('kubernetes.yaml'));
  const objects = documents.map((document) => document.toJS());
  const byKind = (kind: string) => objects.find((object) => object.kind === kind);
  const { spec } = byKind('Deployment');
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const config = readFileSync(join(root, 'examples/config/three-instances.yaml'), 'utf8');

  test('has objects without faults, whose selectors find the pods', () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(objects.map(({ kind }) => kind)).toEqual(['Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy']);
    const { labels } = spec.template.metadata;
    const selectors = [
      spec.selector.matchLabels,
      byKind('Service').spec.selector,
      byKind('PodDisruptionBudget').spec.selector.matchLabels,
      byKind('NetworkPolicy').spec.podSelector.matchLabels,
      pod.topologySpreadConstraints[0].labelSelector.matchLabels,
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector);
    expect(byKind('PodDisruptionBudget').spec.minAvailable).toBeLessThan(spec.replicas);
  });

  test('probes and admits only ports that the service has', () => {
    const { metrics } = parse(config);
    const [, exposed] = /^EXPOSE (\d+)$/m.exec(dockerfile) ?? [];
    expect(container.ports).toEqual([
      { name: 'graphql', containerPort: Number(exposed) },
      { name: 'metrics', containerPort: metrics.port },
    ]);
    const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe];
    expect(probes.map(({ httpGet }) => httpGet)).toEqual([
      { path: '/livez', port: 'metrics' },
      { path: '/readyz', port: 'metrics' },
      { path: '/livez', port: 'metrics' },
    ]);
    // The kubelet comes from the node, not from the pod.
    expect(metrics.host).toBe('0.0.0.0');
    const names = container.ports.map(({ name }: { name: string }) => name);
    expect(byKind('Service').spec.ports[0].targetPort).toBe('graphql');
    for (const { ports } of byKind('NetworkPolicy').spec.ingress) expect(names).toContain(ports[0].port);
  });

  test('mounts every file of the configuration where it is looked for, and passes its variables', () => {
    const [configuration, data] = container.volumeMounts;
    expect(configuration.mountPath).toBe(dirname(image.get('CONFIG') ?? ''));
    expect(data.mountPath).toBe(image.get('DATA_DIR'));
    const volumes = pod.volumes.map(({ name }: { name: string }) => name);
    for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
    const [, secret] = pod.volumes[0].projected.sources;
    const files = [...config.matchAll(/\$file: ([^ }]+)/g)].map(([, file]) => file);
    expect(secret.secret.items.map(({ path }: { path: string }) => path).toSorted()).toEqual(files.toSorted());
    for (const { key, path } of secret.secret.items) expect(path).toBe(`keys/${key}`);
    const variables = [...config.matchAll(/\$env: (\w+)/g)].map(([, name]) => name).join(' and ');
    expect(read('kubernetes.yaml')).toContain(`# ${variables}.`);
    const commands = [...read('kubernetes.yaml').matchAll(/^# {3}kubectl create (?:configmap|secret generic) (\S+)/gm)];
    const named = [
      pod.volumes[0].projected.sources[0].configMap.name,
      secret.secret.name,
      container.envFrom[0].secretRef.name,
    ];
    expect(commands.map(([, name]) => name)).toEqual(named);
  });

  test('gives the service time to drain, and no right that it does not need', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(15);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});

test.runIf(existsSync('/usr/bin/systemd-analyze'))('systemd accepts the unit', async () => {
  const unit = join(operations, 'payer-identity.service');
  const { stderr } = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', unit]).catch((error) => error);
  expect(`${stderr}`.split('\n').filter((line) => line.includes('payer-identity.service:'))).toEqual([]);
});
