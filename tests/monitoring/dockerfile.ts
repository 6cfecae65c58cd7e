import { readText } from './files';

export interface Instruction {
  keyword: string;
  /** Everything after the keyword, on one line. */
  text: string;
}

export interface Stage {
  name: string;
  /** An image, or the name of an earlier stage. */
  from: string;
  instructions: Instruction[];
}

/** The stages of monitoring/Dockerfile. */
export function readStages(): Stage[] {
  const lines = readText('monitoring/Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean);
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, keyword, text] = /^(\w+)\s+(.*)$/.exec(line)!;
    const from = keyword === 'FROM' && /^(\S+) AS (\S+)$/.exec(text!);
    if (from) stages.push({ from: from[1]!, name: from[2]!, instructions: [] });
    else stages.at(-1)!.instructions.push({ keyword: keyword!, text: text! });
  }
  return stages;
}

/** The instructions that make a stage's image: those of the stage it is based on, then its own. */
export function instructionsOf(stages: Stage[], name: string): Instruction[] {
  const stage = stages.find((each) => each.name === name);
  return stage ? [...instructionsOf(stages, stage.from), ...stage.instructions] : [];
}

/** The texts of the instructions with this keyword, in order. */
export function textsOf(instructions: Instruction[], keyword: string): string[] {
  return instructions.filter((each) => each.keyword === keyword).map(({ text }) => text);
}

/** The bundles a build stage makes: webpack's entry, and the folder relative to the build's. */
export function bundlesOf(stages: Stage[]): { entry: string; folder: string }[] {
  const runs = textsOf(instructionsOf(stages, 'build'), 'RUN').flatMap((text) => text.split('&&'));
  return runs
    .filter((command) => command.includes('npx webpack'))
    .map((command) => ({
      entry: /entry=(\S+)/.exec(command)?.[1] ?? './src/main.ts',
      folder: /out=\/build\/(\S+)/.exec(command)?.[1] ?? 'dist',
    }));
}
