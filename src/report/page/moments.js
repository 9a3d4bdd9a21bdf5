// Who calls whom at a moment that a slider chooses: a copy of the first drawing, whose colours, arrows and words change.
(function () {
  'use strict';
  var place = document.getElementById('moment'), topology = JSON.parse(document.getElementById('data').textContent).topology;
  var phases = document.querySelectorAll('#topology .phase'), first = phases[0];
  if (!place || !topology || !first) return;
  var figure = first.cloneNode(true), svg = figure.querySelector('svg'), steps = topology.steps;
  figure.classList.add('moment');
  svg.querySelectorAll('[id]').forEach(function (it) { it.id = it.id + '-moment'; });
  svg.setAttribute('aria-labelledby', svg.getAttribute('aria-labelledby').split(' ').map(function (id) { return id + '-moment'; }).join(' '));
  svg.querySelectorAll('text.halo').forEach(function (it) { it.remove(); });
  var boxes = Array.from(svg.querySelectorAll('g')), arrows = Array.from(svg.querySelectorAll('path.arrow')), tips = Array.from(svg.querySelectorAll('path.tip'));
  function make(name, parent) { return parent.appendChild(document.createElementNS('http://www.w3.org/2000/svg', name)); }
  var labels = arrows.map(function (path) {
    var middle = path.getPointAtLength(path.getTotalLength() / 2), label = make('text', svg);
    label.setAttribute('class', 'halo mid small strong');
    label.setAttribute('x', middle.x);
    label.dataset.y = middle.y;
    return label;
  });
  // Names stay; the lines below them are written anew, in the middle of the box.
  var names = boxes.map(function (box) {
    var texts = Array.from(box.querySelectorAll('text')), rect = box.querySelector('rect');
    texts.slice(1).forEach(function (it) { it.remove(); });
    return { name: texts[0], rect: rect, x: texts[0].getAttribute('x'), middle: +rect.getAttribute('y') + rect.getAttribute('height') / 2, lines: [], title: box.querySelector('title') };
  });
  function paint(box, state) {
    var level = state[0], notes = state.slice(1, 3), on = 'on' + level, y = box.middle + 5 - 7.5 * notes.length;
    box.rect.setAttribute('class', 'box h' + level + (level >= 3 ? ' hard' : ''));
    box.name.setAttribute('class', 'strong mid ' + on);
    box.name.setAttribute('y', y);
    box.lines.forEach(function (it) { it.remove(); });
    box.lines = notes.map(function (note, index) {
      var line = make('text', box.name.parentNode);
      line.setAttribute('class', 'mid small ' + on);
      line.setAttribute('x', box.x);
      line.setAttribute('y', y + 15 * (index + 1));
      line.textContent = note;
      return line;
    });
  }
  function sharpen(tip, width) {
    var d = tip.getAttribute('d'), size = 5 + width, half = (size * 0.55).toFixed(1), whole = (size * 1.1).toFixed(1), begin = d.slice(0, d.indexOf('l'));
    if (d.indexOf('h') !== -1) tip.setAttribute('d', begin + 'l-' + half + ',-' + size + ' h' + whole + 'Z');
    else tip.setAttribute('d', begin + (d.indexOf('l-') === -1 ? 'l' : 'l-') + size + ',-' + half + 'v' + whole + 'Z');
  }
  function bend(index, state) {
    var width = state[0], loud = state[1] ? ' loud' : '';
    arrows[index].setAttribute('stroke-width', width);
    arrows[index].setAttribute('class', 'arrow' + loud);
    tips[index].setAttribute('class', 'tip' + loud);
    sharpen(tips[index], width);
    labels[index].textContent = state[1];
    labels[index].setAttribute('y', labels[index].dataset.y - width / 2 - 4);
  }
  var row = document.createElement('p'), label = document.createElement('label'), slider = document.createElement('input'), shown = document.createElement('output');
  row.className = 'slide';
  label.htmlFor = slider.id = 'moment-at';
  label.textContent = 'At a moment: ';
  slider.type = 'range'; slider.min = 0; slider.max = steps.length - 1; slider.step = 1; slider.value = 0;
  row.append(label, slider, shown);
  function show() {
    var step = steps[+slider.value];
    step.n.forEach(function (state, index) { paint(names[index], state); });
    step.a.forEach(function (state, index) { bend(index, state); });
    var about = 'From ' + step.t;
    figure.querySelector('figcaption').textContent = about;
    svg.querySelector('title').textContent = about;
    svg.querySelector('desc').textContent = step.n.map(function (state, index) { return names[index].name.textContent + ': ' + state.slice(1).join(', '); }).join('; ');
    names.forEach(function (box, index) { box.title.textContent = box.name.textContent + ': ' + step.n[index].slice(1).join(', '); });
    shown.textContent = about.toLowerCase();
    slider.setAttribute('aria-valuetext', about);
  }
  slider.addEventListener('input', show);
  var region = figure.querySelector('[role=region]');
  if (region) region.setAttribute('aria-label', 'At a moment');
  place.append(row, figure);
  show();
}());
