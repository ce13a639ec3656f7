import { randomInt } from "node:crypto";

const ADJECTIVES =
  "admiring agile amber ardent bold brave bright brisk busy calm candid clever cosmic crisp curious daring dazzling eager earnest elegant fearless festive focused gentle gifted happy hardy hopeful humble jolly keen kind lively lucid merry modest nimble noble patient peaceful placid proud quiet quirky radiant ready relaxed serene sharp sleepy steady stoic sunny swift tender trusting upbeat vibrant vigilant warm wise witty wonderful zealous zen".split(
    " ",
  );
const SURNAMES =
  "allen antonelli archimedes babbage bartik bell bohr borg boyd brahmagupta carson cerf cori curie darwin diffie dijkstra dubinsky easley edison einstein elion engelbart euclid euler faraday fermat fermi feynman franklin galileo gates goldberg goodall hamilton haibt hawking heisenberg hellman hermann hodgkin hoover hopper hypatia jackson jang jennings johnson joliot kalam kare keller kepler khorana kilby knuth kowalevski lamarr lamport leakey leavitt lewin liskov lovelace lumiere mahavira mayer mccarthy mcclintock meitner mendel mendeleev merkle minsky mirzakhani morse moser napier neumann newton nightingale nobel noether pare pascal pasteur payne perlman pike poincare poitras ptolemy raman ride ritchie rosalind sammet shannon shaw shirley shockley spence stallman stonebraker swanson tesla thompson torvalds turing varahamihira villani wescoff wiles williams wilson wing wozniak wright yalow yonath".split(
    " ",
  );

/** A name of Docker's kind, such as `admiring_curie`; from the sixth try on with a number, so that one is found. */
export function madeUpName(tries: number): string {
  const pick = (words: string[]) => words[randomInt(words.length)] ?? "";
  const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}`;
  return tries < 5 ? name : `${name}${randomInt(10 ** Math.min(tries - 4, 9))}`;
}
