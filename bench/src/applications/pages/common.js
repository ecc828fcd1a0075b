"use strict";
const PICTURES = 8;
const parameters = new URLSearchParams(location.search);
const numberOf = (name, otherwise) => Number(parameters.get(name) ?? otherwise);

// Numbers that are the same for the same seed (xorshift), as a function of its own for each use.
function randomFrom(seed) {
  let state = (seed * 2654435761 + 88675123) >>> 0 || 1;
  return (bound) => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state % bound;
  };
}

const WORDS = ("the of and a to in it that was for on are as with they at be this from have or by one had " +
  "not but what all were when we there can an your which their said if do will each about how up out them " +
  "then she many some so these would other into has more her two like him see time could no make than first " +
  "been its who now people my made over did down only way find use may water long little very after words " +
  "called just where most know network pixel server keyboard window damage frame picture letter").split(" ");

function sentence(random) {
  const words = Array.from({ length: 6 + random(14) }, () => WORDS[random(WORDS.length)]);
  words[0] = words[0][0].toUpperCase() + words[0].slice(1);
  return words.join(" ") + ". ";
}

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

function paragraph(random) {
  const made = element("p", Array.from({ length: 3 + random(5) }, () => sentence(random)).join(""));
  const link = element("a", WORDS[random(WORDS.length)]);
  link.href = "#";
  made.append(link);
  return made;
}

function picture(number) {
  const made = element("img");
  made.src = `photograph-${number % PICTURES}.png`;
  made.decoding = "sync";
  return made;
}

// The sign turns green once everything is there and was painted.
addEventListener("load", () => {
  const sign = element("div");
  sign.id = "sign";
  document.body.append(sign);
  document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => {
    sign.className = "ready";
  })));
});
