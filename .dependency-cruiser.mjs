/** The one way through the rooms: main → commands → service → app → http → graphql → identity → channels | store → security → lib. */
const rooms = [
  'main',
  'commands',
  'service',
  'app',
  'http',
  'graphql',
  'identity',
  'channels',
  'store',
  'security',
  'lib',
];
const single = { main: '^src/main\\.ts$', service: '^src/(service\\.ts$|start/)', app: '^src/app\\.ts$' };
const folder = (room) => single[room] ?? `^src/${room}/`;
const below = (room) => rooms.slice(rooms.indexOf(room) + 1);
const above = (room) => rooms.slice(0, rooms.indexOf(room)).map(folder);

const downOnly = rooms
  .filter((room) => above(room).length > 0)
  .map((room) => ({
    name: `${room}-looks-down`,
    severity: 'error',
    from: { path: folder(room) },
    to: { path: above(room) },
  }));

export default {
  forbidden: [
    ...downOnly,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'siblings-apart', severity: 'error', from: { path: folder('channels') }, to: { path: folder('store') } },
    { name: 'store-apart', severity: 'error', from: { path: folder('store') }, to: { path: folder('channels') } },
    {
      name: 'sources-apart',
      comment: 'A source is a folder with one door; no folder of channels/ imports another one.',
      severity: 'error',
      from: { path: '^src/channels/([^/]+)/' },
      to: { path: '^src/channels/[^/]+/', pathNot: '^src/channels/$1/' },
    },
    {
      name: 'one-door',
      comment: 'A folder of channels is entered by the file that has its name.',
      severity: 'error',
      from: { path: '^src/(?!channels/[^/]+/)' },
      to: { path: '^src/channels/([^/]+)/', pathNot: '^src/channels/([^/]+)/\\1\\.ts$' },
    },
    {
      name: 'door-apart',
      comment: 'The port for payers redirects; what redeems, and what GraphQL answers, is out of its reach.',
      severity: 'error',
      from: { path: '^src/http/door/' },
      to: { path: [folder('graphql'), '^src/identity/(?!door\\.ts$)', folder('store'), folder('channels')] },
    },
    {
      name: 'engine-apart',
      comment: 'What a database does for the store knows nothing of payers.',
      severity: 'error',
      from: { path: '^src/store/engine/' },
      to: { path: '^src/store/(?!engine/)' },
    },
    {
      name: 'drivers-in-the-engine',
      severity: 'error',
      from: { path: '^src/(?!store/engine/)' },
      to: { path: '^(node:)?sqlite$|node_modules/pg/' },
    },
    {
      name: 'model-sees-nobody',
      severity: 'error',
      from: { path: '^src/(model|failure-codes)\\.ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'failure-sees-its-table',
      severity: 'error',
      from: { path: '^src/failure\\.ts$' },
      to: { path: '^src/(?!failure-codes\\.ts$)' },
    },
    {
      name: 'lib-knows-no-payments',
      severity: 'error',
      from: { path: folder('lib') },
      to: { path: '^src/(?!lib/)' },
    },
    {
      name: 'metrics-by-few',
      comment:
        'What is counted is of the domain: only the rooms that count, and those that put them together, know it.',
      severity: 'error',
      from: { path: ['channels', 'store', 'security', 'config', 'commands', 'emulators'].map(folder) },
      to: { path: '^src/metrics\\.ts$' },
    },
    {
      name: 'metrics-are-below',
      comment: 'The instruments import nothing of the rooms that count with them.',
      severity: 'error',
      from: { path: '^src/metrics\\.ts$' },
      to: { path: '^src/(?!lib/)' },
    },
    {
      name: 'emulators-apart',
      comment: 'An emulator that shares code with what it tests would share its mistakes.',
      severity: 'error',
      from: { path: '^src/emulators/' },
      to: { path: '^src/(?!emulators/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'emulated-upstreams-apart',
      comment: 'The folder of an emulated upstream is imported by the file beside it that has its name, and by itself.',
      severity: 'error',
      from: { path: '^src/emulators/([^/.]+)' },
      to: { path: '^src/emulators/[^/]+/', pathNot: '^src/emulators/$1/' },
    },
    {
      name: 'emulators-are-for-the-service',
      severity: 'error',
      from: { path: '^src/(?!service.ts|emulators/|testing/)' },
      to: { path: '^src/emulators/' },
    },
    {
      name: 'config-by-few',
      comment:
        'Only config/ reads the environment, the configuration and the key file; only service, app and commands use it.',
      severity: 'error',
      from: { path: below('app').map(folder) },
      to: { path: '^src/config/' },
    },
    {
      name: 'commands-beside-the-service',
      comment:
        'An operator command opens a store or a source as the service does, and serves nothing; start alone does.',
      severity: 'error',
      from: { path: '^src/commands/(?!start\\.ts$)' },
      to: { path: ['service', 'app', 'http', 'graphql', 'identity', 'emulators'].map(folder) },
    },
    {
      name: 'commands-are-entries',
      severity: 'error',
      from: { path: '^src/(?!commands/|main\\.ts)' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'testing-is-an-entry',
      comment: "What other teams' tests import puts the rooms together as main does; no room knows of it.",
      severity: 'error',
      from: { path: '^src/(?!testing/)' },
      to: { path: '^src/testing/' },
    },
    { name: 'no-test-in-src', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench)/' } },
    {
      name: 'resolvable',
      comment: 'The peers of the bench are installed by its first run.',
      severity: 'error',
      from: { pathNot: ['^bench/peers/', '^test/'] },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
