import { expect } from 'chai';
import lock from '../package-lock.json';
import manifest from '../package.json';

interface Package {
  integrity?: string;
  resolved?: string;
  link?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
  engines?: { node?: string };
}

/** All that npm installs, by its path. */
const packages = Object.entries(lock.packages as unknown as Record<string, Package>).filter(
  ([path]) => path.startsWith('node_modules/'),
);

/** The oldest Node 20 that all tools run on. */
const [MAJOR, MINOR] = [20, 19];

/** Whether a range of versions, as npm writes them, has it. */
function hasIt(range: string): boolean {
  return range.split('||').some((part) => {
    const [, sign, first, second = '0'] = /(>=?|\^|)\s*(\d+)(?:\.(\d+))?/.exec(part) ?? [];
    if (first === undefined) return part.trim() === '*';
    const [major, minor] = [Number(first), Number(second)];
    const isOpen = sign!.startsWith('>');
    return isOpen && major < MAJOR ? true : major === MAJOR && minor <= MINOR;
  });
}

describe('the packages of package-lock.json', () => {
  it('run on Node 20, but for the optional ones', () => {
    expect(['>= 22.15.0', '18 || >=22', '^20.20', '19.x'].some(hasIt)).to.equal(false);
    expect(['>=20', '18 || 20 || >=22', '^20.19.0', '*', '> 0.1.90'].every(hasIt)).to.equal(true);
    const others = packages.filter(
      ([, { engines, optional }]) => !optional && !hasIt(engines?.node ?? '*'),
    );
    expect(others.map(([path, { engines }]) => `${path}: ${engines?.node}`)).to.deep.equal([]);
  });

  it('have a hash each, and no address, but for the one that is here', () => {
    for (const [path, { integrity, link, resolved }] of packages) {
      if (link) expect(resolved).to.equal('build/orca-node-client');
      else expect({ path, resolved }).to.deep.equal({ path, resolved: undefined });
      expect(integrity === undefined, path).to.equal(link ?? false);
    }
  });

  it('run no script when they are installed', () => {
    const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''));
    const denied = Object.fromEntries(names.map((name) => [name, false]));
    expect(manifest.allowScripts).to.deep.equal(denied);
  });

  it('are pinned where package.json names them', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const versions = Object.values({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    });
    for (const version of versions) {
      expect(version).to.match(/^(\d+\.\d+\.\d+|file:build\/orca-node-client)$/);
    }
  });
});
