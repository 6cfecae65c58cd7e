import type { KeyPair } from './keys';
import { asRound, createMethods, onTime, type MethodContext, type Methods } from './methods';

/**
 * The methods of a node whose operator changed its software: those of any node, and others that the ledger allows.
 * A cheater's task calls them by a plain POST to its node.
 *
 *     submitRaw(value, round)             submits without checking whether there is a submission already
 *     writeAccount(account, round, text)  any text, in any account that is no other node's staking key
 *     nameList(account, round)            any account, as this key's list
 *     addStake(roe)                       adds to this key's stake or, below 0, takes from it
 *     extraKeys()                         the public keys of the operator's further keys
 *     asExtra(n, method, ...args)         calls any method, these included, as the n-th further key (from 0)
 */
export function createModifiedMethods(
  context: MethodContext,
  extraKeys: readonly KeyPair[],
): Methods {
  const { accounts } = context;
  const ownKeys = [accounts.staking, ...extraKeys];
  const publicKeys = ownKeys.map(({ publicKey }) => publicKey);
  const operator: Methods = {
    extraKeys: () => publicKeys.slice(1),
    asExtra: (n, method, ...args) => {
      const methods = typeof n === 'number' ? extras[n] : undefined;
      if (methods === undefined) throw new RangeError(`there is no extra key ${String(n)}`);
      const name = String(method);
      if (!Object.hasOwn(methods, name)) throw new Error(`${name} is not simulated`);
      return methods[name]!(...args);
    },
  };
  const [own, ...extras] = ownKeys.map((staking): Methods => {
    const keyContext = { ...context, accounts: { ...accounts, staking } };
    const further = furtherMethods(keyContext, publicKeys);
    return { ...createMethods(keyContext), ...onTime(further, context), ...operator };
  });
  return own!;
}

function furtherMethods({ accounts, ledger }: MethodContext, ownKeys: readonly string[]): Methods {
  const submitter = accounts.staking.publicKey;
  return {
    submitRaw: (value, round) => ledger.submit(submitter, asRound(round), asText(value)),
    writeAccount: (account, round, text) => {
      const name = asText(account);
      // The operator holds all of its keys, so it writes each key's account as that key.
      const writer = ownKeys.includes(name) ? name : submitter;
      ledger.writeAccount(writer, name, asRound(round), asText(text));
    },
    nameList: (account, round) => ledger.nameList(submitter, asText(account), asRound(round)),
    addStake: (roe) => {
      if (typeof roe !== 'number') throw new TypeError('a stake is a number of ROE');
      ledger.addStake(submitter, roe);
    },
  };
}

function asText(value: unknown): string {
  if (typeof value !== 'string') {
    throw new TypeError(`expected a string, got ${JSON.stringify(value)}`);
  }
  return value;
}
