import { expect } from 'chai';
import { payoutAddressOf, type BitcoinNetworkName } from '../../src/bitcoin/address';
import { parseRpcUrl, splitRpcUrls } from '../../src/bitcoin-node/rpc-url';
import { ConfigError, loadConfig, readEnvironment, settingsFor } from '../../src/settings/schema';
import { Settings } from '../../src/settings/settings';

const PROGRAM = Buffer.alloc(20, 0x44);
const MAIN = payoutAddressOf(PROGRAM, 'main');

describe('PAYOUT_ADDRESS', () => {
  const problemOf = (address: string, network: BitcoinNetworkName = 'main'): string => {
    try {
      readEnvironment({ PAYOUT_ADDRESS: address }, settingsFor(network));
      return 'none';
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return (error as Error).message;
    }
  };

  it("is an address of the build's network, whose blocks it is paid by", () => {
    for (const network of ['main', 'testnet4', 'regtest'] as const) {
      const address = payoutAddressOf(PROGRAM, network);
      expect(problemOf(address, network)).to.equal('none');
      const read = loadConfig({ PAYOUT_ADDRESS: address.toUpperCase() }, settingsFor(network));
      expect(read.PAYOUT_ADDRESS).to.equal(address);
    }
  });

  it('is refused with what was expected and what is wrong', () => {
    const typo = MAIN.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'));
    const expected = "PAYOUT_ADDRESS: expected a P2WPKH address of Bitcoin's main network (bc1q…)";
    for (const [address, wrong] of [
      [typo, 'its checksum is wrong'],
      [payoutAddressOf(PROGRAM, 'regtest'), 'an address of regtest'],
      [payoutAddressOf(PROGRAM, 'testnet4'), 'an address of testnet'],
      ['1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 'an older address'],
      ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', 'a Taproot address'],
      ['hello', 'it is not bech32'],
    ] as const) {
      expect(problemOf(address)).to.include(expected).and.include(wrong);
    }
  });

  it('is not set where it is none', () => {
    for (const text of ['', 'none', 'NONE', ' default ']) {
      expect(loadConfig({ PAYOUT_ADDRESS: text }).PAYOUT_ADDRESS).to.equal('');
    }
  });
});

describe('BITCOIN_RPC_URL', () => {
  const SECRET = 'hunter2';

  it('is a list of URLs that can all be used, whatever the password has in it', () => {
    const { BITCOIN_RPC_URL: text } = loadConfig({
      BITCOIN_RPC_URL: ` http://a:p,q@127.0.0.1:8332 , https://[::1]:443/wallet,http://umbrel.local:8332`,
    });
    const urls = splitRpcUrls(text);
    expect(urls.map((url) => parseRpcUrl(url).name)).to.deep.equal([
      '127.0.0.1:8332',
      '[::1]:443',
      'umbrel.local:8332',
    ]);
    expect(loadConfig({ BITCOIN_RPC_URL: 'none' }).BITCOIN_RPC_URL).to.equal('');
  });

  it('is refused where the node could not be asked, without what was written', () => {
    const many = Array.from({ length: 9 }, (_, i) => `http://u:${SECRET}@h${i}:1`).join();
    for (const text of [
      `u:${SECRET}@127.0.0.1:8332`,
      `ftp://u:${SECRET}@127.0.0.1`,
      `http://u:${SECRET}%zz@127.0.0.1:8332`,
      `http://u:${SECRET}#@127.0.0.1:8332`,
      `http://u:${SECRET}@127.0.0.1:99999`,
      many,
    ]) {
      expect(() => loadConfig({ BITCOIN_RPC_URL: text }), text)
        .to.throw(ConfigError, 'BITCOIN_RPC_URL: expected http://user:password@')
        .with.property('stack')
        .that.does.not.include(SECRET);
    }
  });

  it('is never shown, set or not, nor where a change of it is refused', () => {
    const settings = Settings.of({ BITCOIN_RPC_URL: `http://u:${SECRET}@127.0.0.1:8332` });
    const state = settings.list().find(({ name }) => name === 'BITCOIN_RPC_URL');
    expect(state).to.include({ secret: true, isSet: true, value: '' });
    const issues = settings.issuesOf({ BITCOIN_RPC_URL: `ftp://u:${SECRET}@127.0.0.1` });
    expect(issues).to.have.length(1);
    expect(JSON.stringify([settings.list(), issues])).not.to.include(SECRET);
  });
});
