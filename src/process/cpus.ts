import { closeSync, openSync, readSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// A process may not be allowed to use all of its machine: the scheduler's affinity (taskset, docker run --cpuset-cpus)
// limits its processors, a quota of its control group (docker run --cpus, a Kubernetes limit, CPUQuota=) limits its
// time. Node reports only the first, and only from 18.14 on. Whatever can't be read or understood counts as no limit.

/** How much of a file is read. That is enough: mounts from the system's start, such as control groups, come first. */
const MAX_FILE_BYTES = 2 ** 16;

const { posix } = path;

/**
 * How many processors' worth of time this process may use, by its affinity and the quotas of its control groups.
 * @param root of the file system to read them from; for tests
 * @returns above 0; a fraction where a quota is a fraction
 */
export function usableCpus(root = '/'): number {
  return Math.min(affinity(root), cpuQuota(root));
}

/** The number of processors this process may run on, at least 1. */
function affinity(root: string): number {
  // Not declared by @types/node 18.
  const { availableParallelism } = os as { availableParallelism?: () => number };
  const status = (): string => readSmall(posix.join(root, 'proc/self/status')) ?? '';
  return availableParallelism?.() ?? (listed(status()) || Math.max(1, os.cpus().length));
}

/** The number of processors in a line such as `Cpus_allowed_list: 0-3,8` of /proc/self/status; 0 if there is none. */
export function listed(status: string): number {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1] ?? '';
  return list.split(',').reduce((sum, range) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    const length = Number(last) - Number(first) + 1;
    return length > 0 ? sum + length : sum;
  }, 0);
}

/**
 * The processors' worth of time that its control groups leave this process; Infinity where none has a quota. It is the
 * least quota of its own group and all groups above it, in the cgroup v1 hierarchy of the CPU controller and in the v2
 * hierarchy (a hybrid machine has both).
 */
export function cpuQuota(root = '/'): number {
  const groups = readSmall(posix.join(root, 'proc/self/cgroup')) ?? '';
  const mounts = readSmall(posix.join(root, 'proc/self/mountinfo')) ?? '';
  const quotas = HIERARCHIES.flatMap(({ group, mount, quota }) => {
    const found = parseMounts(mounts).find(mount);
    const at = parseGroups(groups).find(group)?.path;
    if (!found || at === undefined) return [];
    return foldersOf(found, at).map((folder) =>
      quota((file) => readSmall(posix.join(root, folder, file)) ?? ''),
    );
  });
  return Math.min(Infinity, ...quotas);
}

interface Group {
  /** None in cgroup v2. */
  controllers: readonly string[];
  path: string;
}

interface Mount {
  /** The group that is mounted; a container sees its own or one above it. */
  root: string;
  point: string;
  type: string;
  options: readonly string[];
}

const HIERARCHIES: readonly {
  group: (group: Group) => boolean;
  mount: (mount: Mount) => boolean;
  quota: (read: (file: string) => string) => number;
}[] = [
  {
    group: ({ controllers }) => controllers.includes('cpu'),
    mount: ({ type, options }) => type === 'cgroup' && options.includes('cpu'),
    // -1 means no quota.
    quota: (read) => quotaOf(`${read('cpu.cfs_quota_us').trim()} ${read('cpu.cfs_period_us')}`),
  },
  {
    group: ({ controllers }) => controllers.length === 0,
    mount: ({ type }) => type === 'cgroup2',
    // "max 100000" means no quota.
    quota: (read) => quotaOf(read('cpu.max')),
  },
];

/** @param text microseconds of CPU time, and of the period they may be used in */
function quotaOf(text: string): number {
  const [, quota, period] = /^(\d+) (\d+)\s*$/.exec(text) ?? [];
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Infinity;
}

/** Lines such as `4:cpu,cpuacct:/docker/1234` or `0::/user.slice`. */
function parseGroups(text: string): Group[] {
  return [...text.matchAll(/^\d+:([^:\n]*):(\/.*)$/gm)].map(([, controllers, path]) => ({
    controllers: controllers!.split(',').filter((name) => name !== ''),
    path: path!,
  }));
}

/** Lines such as `32 31 0:29 /docker/1234 /sys/fs/cgroup/cpu ro,nosuid shared:1 - cgroup cgroup rw,cpu`. */
function parseMounts(text: string): Mount[] {
  const lines = /^\d+ \d+ \S+ (\S+) (\S+) .*- (\S+) \S+ (\S+)$/gm;
  return [...text.matchAll(lines)].map(([, root, point, type, options]) => ({
    root: unescaped(root!),
    point: unescaped(point!),
    type: type!,
    options: options!.split(','),
  }));
}

/** Blanks are written as octal escapes there. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
}

/** The folders of a group and of all groups above it, up to the mount point. */
function foldersOf({ root, point }: Mount, group: string): string[] {
  const relative = posix.relative(root, group);
  // A container may see its own group at the mount point, yet be told a path that exists only on the host: folders that
  // don't exist have no quota, and the mount point is always included.
  const names = relative.startsWith('..') ? [] : relative.split('/').filter((name) => name !== '');
  const depths = Array.from({ length: names.length + 1 }, (_, depth) => depth);
  return depths.map((depth) => posix.join(point, ...names.slice(0, depth)));
}

/** The beginning of a file; undefined if it can't be read. */
function readSmall(file: string): string | undefined {
  try {
    const fd = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(MAX_FILE_BYTES);
      let length = 0;
      for (;;) {
        const read = readSync(fd, bytes, length, bytes.length - length, null);
        if (read === 0) return bytes.toString('utf8', 0, length);
        length += read;
      }
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
