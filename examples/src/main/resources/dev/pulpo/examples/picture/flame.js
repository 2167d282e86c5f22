/*
 * Draws the profile that the page holds. Names in it come from the process, and may be hostile: they are only ever set as
 * text (textContent), never as markup.
 */
"use strict";
(function () {
  const SVG = "http://www.w3.org/2000/svg";
  const ROW = 19;
  const CHARACTER = 7.25;
  const THINNEST = 0.4;
  const COLOURS = ["#ffb36b", "#9ecbff", "#a6e3a1", "#f5b8d0", "#ffe08a", "#c9b8ff", "#9fe0dc", "#e3c9a8"];
  const OTHER = "#d0d7de";
  const profile = JSON.parse(document.getElementById("profile").textContent);
  const flame = document.getElementById("flame");
  const about = document.getElementById("about");
  const search = document.getElementById("search");
  const running = document.getElementById("running");
  const waiting = document.getElementById("waiting");
  const reset = document.getElementById("reset");
  const found = document.getElementById("found");
  let root = null;
  let zoomed = null;

  function node(name, object, kind, parent) {
    return { name: name, object: object, kind: kind, parent: parent, depth: parent ? parent.depth + 1 : 0,
      count: 0, self: 0, children: [], byKey: new Map(), x: 0, width: 0 };
  }

  function child(parent, name, object, kind) {
    const key = kind + "\n" + object + "\n" + name;
    let known = parent.byKey.get(key);
    if (!known) {
      known = node(name, object, kind, parent);
      parent.byKey.set(key, known);
      parent.children.push(known);
    }
    return known;
  }

  /** The tree of the stacks whose threads are in a state that is asked for. */
  function tree() {
    const top = node("all threads", "", "all", null);
    for (const stack of profile.stacks) {
      if (!(stack[1] ? running.checked : waiting.checked)) {
        continue;
      }
      let at = child(top, profile.texts[stack[0]], "", "thread");
      const path = [top, at];
      for (const number of stack[3]) {
        const frame = profile.frames[number];
        at = child(at, profile.texts[frame[0]], profile.texts[frame[1]], frame[2] ? "inlined" : "frame");
        path.push(at);
      }
      path.forEach(function (each) { each.count += stack[2]; });
      at.self += stack[2];
    }
    const all = [top];
    for (let i = 0; i < all.length; i++) {
      all[i].children.sort(function (a, b) { return b.count - a.count || (a.name < b.name ? -1 : 1); });
      all[i].children.forEach(function (each) { all.push(each); });
    }
    return top;
  }

  const weights = new Map();
  profile.stacks.forEach(function (stack) {
    stack[3].forEach(function (number) {
      const object = profile.frames[number][1];
      weights.set(object, (weights.get(object) || 0) + stack[2]);
    });
  });
  const objects = Array.from(weights.keys()).filter(function (object) { return profile.texts[object] !== ""; })
    .sort(function (a, b) { return weights.get(b) - weights.get(a); });
  const colours = new Map();
  objects.slice(0, COLOURS.length).forEach(function (object, i) { colours.set(profile.texts[object], COLOURS[i]); });

  function colour(each) {
    return each.kind === "all" ? "#eaeef2" : each.kind === "thread" ? "#d8dee4" : colours.get(each.object) || OTHER;
  }

  function percent(part, whole) {
    return whole === 0 ? "0 %" : (100 * part / whole).toFixed(part === whole ? 0 : 1) + " %";
  }

  function isHit(each) {
    const wanted = search.value.trim().toLowerCase();
    return wanted !== "" && each.kind !== "all" && each.name.toLowerCase().includes(wanted);
  }

  function words(each) {
    return each.name + (each.object ? " in " + each.object : "") + (each.kind === "inlined" ? ", inlined" : "") + ": "
      + each.count + (each.count === 1 ? " stack, " : " stacks, ") + percent(each.count, root.count)
      + (zoomed !== root ? " of all, " + percent(each.count, zoomed.count) + " of what is shown" : "")
      + (each.self > 0 ? "; innermost in " + each.self : "");
  }

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    parent.appendChild(made);
    return made;
  }

  function draw(each) {
    const group = element("g", { "class": each.kind + (isHit(each) ? " hit" : "")
      + (each.depth < zoomed.depth ? " above" : ""), "data-count": each.count }, flame);
    element("rect", { x: each.x.toFixed(2), y: each.depth * ROW, width: Math.max(each.width, THINNEST).toFixed(2),
      height: ROW - 1, rx: 2, fill: colour(each) }, group);
    const room = Math.floor((each.width - 8) / CHARACTER);
    if (room >= 2) {
      const text = element("text", { x: (each.x + 4).toFixed(2), y: each.depth * ROW + 13 }, group);
      text.textContent = each.name.length <= room ? each.name : each.name.slice(0, room - 1) + "…";
    }
    element("title", {}, group).textContent = words(each);
    group.addEventListener("click", function () { zoom(each); });
    group.addEventListener("mouseenter", function () { about.textContent = words(each); });
  }

  /** Stacks with a hit; a hit inside of another one does not count again. */
  function hits() {
    let sum = 0;
    const open = [root];
    while (open.length > 0) {
      const each = open.pop();
      if (isHit(each)) {
        sum += each.count;
      } else {
        each.children.forEach(function (inner) { open.push(inner); });
      }
    }
    return sum;
  }

  function show() {
    const width = Math.max(flame.clientWidth || 0, 600);
    flame.textContent = "";
    const open = [];
    let deepest = zoomed.depth;
    for (let each = zoomed; each; each = each.parent) {
      each.x = 0;
      each.width = width;
      if (each.count > 0) {
        open.push(each);
      }
    }
    for (let i = 0; i < open.length; i++) {
      const each = open[i];
      draw(each);
      deepest = Math.max(deepest, each.depth);
      if (each.depth < zoomed.depth) {
        continue;
      }
      let x = each.x;
      each.children.forEach(function (inner) {
        inner.x = x;
        inner.width = each.width * inner.count / each.count;
        x += inner.width;
        if (inner.width >= THINNEST) {
          open.push(inner);
        }
      });
    }
    flame.setAttribute("viewBox", "0 0 " + width + " " + (deepest + 1) * ROW);
    flame.setAttribute("height", (deepest + 1) * ROW);
    document.getElementById("nothing").hidden = root.count > 0;
    reset.disabled = zoomed === root;
    found.textContent = search.value.trim() === "" ? "" : hits() + " of " + root.count + " stacks, "
      + percent(hits(), root.count);
    about.textContent = words(zoomed);
  }

  function zoom(each) {
    zoomed = each;
    show();
  }

  function again() {
    root = tree();
    zoom(root);
  }

  function key() {
    const list = document.getElementById("key");
    function item(name, style, background) {
      const made = list.appendChild(document.createElement("li"));
      made.className = style;
      const mark = made.appendChild(document.createElement("i"));
      if (background) {
        mark.style.background = background;
      }
      made.appendChild(document.createTextNode(name));
    }
    colours.forEach(function (background, object) { item(object, "", background); });
    if (objects.length > colours.size) {
      item((objects.length - colours.size) + " other objects", "", OTHER);
    }
    if (profile.frames.some(function (frame) { return frame[2]; })) {
      item("inlined", "inlined", "");
    }
  }

  /** The search and the states can be part of the address: #search=word&running=0. */
  new URLSearchParams(location.hash.slice(1)).forEach(function (value, name) {
    if (name === "search") {
      search.value = value;
    } else if (name === "running" || name === "waiting") {
      (name === "running" ? running : waiting).checked = value !== "0";
    }
  });
  search.addEventListener("input", show);
  running.addEventListener("change", again);
  waiting.addEventListener("change", again);
  reset.addEventListener("click", function () { zoom(root); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      zoom(root);
    }
  });
  document.querySelector("form").addEventListener("submit", function (event) { event.preventDefault(); });
  window.addEventListener("resize", show);
  key();
  again();
})();
