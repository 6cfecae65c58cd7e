import { INITIAL_STATE } from '../sha256-constants';
import { add, constant, isUniform, midstate, tail, type Word } from './dag';
import { Emitter, SlotTable } from './emitter';
import { encodeModule, FunctionBody } from './encoder';
import { round, roundConstant, scheduleWord, temporary1, type State } from './sha256';

export const LANES = 4;
const VECTOR = 16;

export const MEMORY = {
  job: 0,
  schedule: 1024,
  ring: 2048,
  lanes: 2304,
  candidates: 2320,
  versions: 2368,
};
/** Hash 1's rounds 8..63 are a loop of this many. */
const LOOP_ROUNDS = 8;

export interface ScanModule {
  bytes: Uint8Array<ArrayBuffer>;
  jobSlots: readonly Word[];
  versionSlots: readonly Word[];
  versionStride: number;
  /** words W+K of hash 1 that are uniform, by round */
  uniformSchedule: readonly { round: number; word: Word }[];
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

export function buildScan(versions: number, salt: number, versionStride = 128): ScanModule {
  const body = new FunctionBody(['i32', 'i32']);
  const [start, groups] = [body.parameter(0), body.parameter(1)];
  const group = body.newLocal('i32');
  const version = body.newLocal('i32');
  const versionPointer = body.newLocal('i32');
  const schedulePointer = body.newLocal('i32');
  const found = body.newLocal('i32');
  const bits = body.newLocal('i32');
  const nonces = body.newLocal('v128');
  const tables = {
    job: new SlotTable(),
    jobBase: MEMORY.job,
    version: new SlotTable(),
    versionPointer,
  };
  const emitter = new Emitter(body, tables);
  const uniformSchedule: { round: number; word: Word }[] = [];

  const hash1 = (): Word[] => {
    // schedule
    const words: Word[] = range(0, 16).map((t) => {
      if (t < 3) return tail(t);
      if (t === 3) return emitter.local(nonces);
      if (t === 4) return constant(0x80000000);
      return constant(t === 15 ? 640 : 0);
    });
    const scheduled: Word[] = [];
    for (let t = 0; t < 64; t++) {
      if (t >= 16) {
        words[t] = emitter.keep(
          scheduleWord(words[t - 16]!, words[t - 15]!, words[t - 7]!, words[t - 2]!),
        );
      }
      scheduled[t] = add(words[t]!, roundConstant(t));
      if (isUniform(scheduled[t]!)) uniformSchedule.push({ round: t, word: scheduled[t]! });
      else emitter.store(MEMORY.schedule + VECTOR * t, scheduled[t]!);
    }
    return scheduled;
  };

  body.doWhile(() => {
    body
      .get(start)
      .plain('i32x4.splat')
      .constant(0)
      .memory('v128.load', MEMORY.lanes)
      .plain('i32x4.add');
    body
      .permuteBytes(
        nonces,
        range(0, 16).map((i) => i ^ 3),
      )
      .set(nonces);
    const scheduled = hash1();
    body
      .constant(0)
      .set(version)
      .constant(0)
      .set(found)
      .constant(MEMORY.versions)
      .set(versionPointer);
    body.doWhile(() => {
      // hash 1
      let state: State = range(0, 8).map((i) => midstate(i)) as unknown as State;
      const first = 8;
      for (let t = 0; t < first; t++) {
        state = round(
          state,
          t === 3 ? add(emitter.local(nonces), roundConstant(3)) : scheduled[t]!,
          emitter.keep,
        );
      }
      const loopState = range(0, 8).map(() => body.newLocal('v128'));
      state.forEach((w, i) => {
        emitter.push(w);
        body.set(loopState[i]!);
      });
      body.constant(0).set(schedulePointer);
      body.doWhile(() => {
        let s = loopState.map((l) => emitter.local(l)) as unknown as State;
        for (let t = 0; t < LOOP_ROUNDS; t++)
          s = round(
            s,
            emitter.memory(MEMORY.schedule + VECTOR * (first + t), schedulePointer),
            emitter.keep,
          );
        s.forEach((w) => emitter.push(w));
        [...loopState].reverse().forEach((l) => body.set(l));
        body
          .get(schedulePointer)
          .constant(VECTOR * LOOP_ROUNDS)
          .plain('i32.add')
          .tee(schedulePointer);
        body.constant(VECTOR * 56).plain('i32.lt_u');
      });
      // hash 2
      const ring: Word[] = loopState.map((l, i) => add(emitter.local(l), midstate(i)));
      ring.push(constant(0x80000000), ...range(9, 15).map(() => constant(0)), constant(256));
      let s2 = INITIAL_STATE.map((x) => constant(x)) as unknown as State;
      const word = (t: number): Word => ring[t]!;
      for (let t = 0; t < 61; t++) {
        let w: Word;
        if (t < 16) {
          w = word(t);
          if (t < 8) {
            w = emitter.keep(w);
            emitter.store(MEMORY.ring + VECTOR * t, w);
            ring[t] = emitter.memory(MEMORY.ring + VECTOR * t);
          }
        } else {
          w = emitter.keep(scheduleWord(word(t - 16), word(t - 15), word(t - 7), word(t - 2)));
          if (t <= 58) {
            emitter.store(MEMORY.ring + VECTOR * (t % 16), w);
            ring[t] = emitter.memory(MEMORY.ring + VECTOR * (t % 16));
          }
        }
        const wk = add(w, roundConstant(t));
        if (t < 57) s2 = round(s2, wk, emitter.keep);
        else {
          const e = emitter.keep(
            add(s2[3], temporary1(s2, t === 60 ? add(wk, constant(INITIAL_STATE[7]!)) : wk)),
          );
          s2 = [s2[0], s2[0], s2[1], s2[2], e, s2[4], s2[5], s2[6]];
        }
      }
      emitter.push(s2[4]);
      body
        .constant(0)
        .memory('v128.load32_splat', MEMORY.job + 1020)
        .plain('v128.and')
        .zeroVector()
        .plain('i32x4.eq')
        .plain('i32x4.bitmask')
        .set(bits);
      body.get(version).get(bits).memory('i32.store8', MEMORY.candidates);
      body.get(found).get(bits).plain('i32.or').set(found);
      body.get(versionPointer).constant(versionStride).plain('i32.add').set(versionPointer);
      body
        .get(version)
        .constant(1)
        .plain('i32.add')
        .tee(version)
        .constant(versions)
        .plain('i32.lt_u');
    });
    body.returnIf(
      () => body.get(found),
      () => body.get(group),
    );
    body.get(start).constant(LANES).plain('i32.add').set(start);
    body.get(group).constant(1).plain('i32.add').tee(group).get(groups).plain('i32.lt_u');
  });
  body.get(group);
  return {
    bytes: encodeModule({ body, pages: 1, salt }),
    jobSlots: tables.job.words,
    versionSlots: tables.version.words,
    versionStride,
    uniformSchedule,
  };
}
