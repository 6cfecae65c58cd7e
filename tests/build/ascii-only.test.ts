import { createRequire } from 'node:module';
import vm from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';

const load = createRequire(__filename);
const { escaped } = load('../../build/ascii-only') as { escaped: (source: string) => string };

describe('a bundle of ASCII alone', () => {
  it('means the same: strings, templates, regular expressions, names and comments', () => {
    const source = [
      '/* “quoted” */',
      'const größe = `${"…"}–${1}𝔸`;',
      String.raw`[größe, /[‹›]/.test("›"), /^[𝔸-𝔹]$/u.test("𝔹"), "a\nü", { "é": 1 }.é]`,
    ].join('\n');
    const text = escaped(source);
    expect(text).to.match(/^[\0-\x7f]*$/);
    expect(vm.runInNewContext(text)).to.deep.equal(vm.runInNewContext(source));
  });

  it('holds any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (string) => {
        const text = escaped(JSON.stringify(string));
        expect(text).to.match(/^[\0-\x7f]*$/);
        expect(JSON.parse(text)).to.equal(string);
      }),
      { examples: [['\\–'], ['\\\\…']] },
    );
  });

  it('is refused where a backslash would take the escape apart', () => {
    expect(() => escaped('"\\–"')).to.throw(/backslash stands before –/);
  });
});
