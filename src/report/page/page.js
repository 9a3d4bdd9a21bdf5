// One cursor and one zoom for all charts. Drag to zoom, double click or Esc to go back, arrows to move the cursor, + and - to zoom around it.
(function () {
  'use strict';
  var data = JSON.parse(document.getElementById('data').textContent);
  var whole = [0, data.duration], view = whole.slice(), at = null, rows = Math.ceil(whole[1] / data.interval - 1e-9);
  var charts = [], dragged = null;
  document.documentElement.classList.add('interactive');

  function make(name, attributes, parent) {
    var element = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    return parent.appendChild(element);
  }
  function digits(value) { return value === 0 ? '0' : value.toPrecision(Math.abs(value) >= 100 ? Math.max(3, String(Math.round(value)).length) : 3); }
  function shown(measure, value) {
    if (value === null || value === undefined) return 'none';
    if (measure === 'share') return digits(value * 100) + ' %';
    if (measure === 'seconds') return value >= 1 ? digits(value) + ' s' : value >= 1e-3 ? digits(value * 1e3) + ' ms' : digits(value * 1e6) + ' µs';
    var units = measure === 'bytes' ? [[1073741824, ' GiB'], [1048576, ' MiB'], [1024, ' KiB']] : [[1e9, 'G'], [1e6, 'M'], [1e4, 'k', 1e3]];
    for (var i = 0; i !== units.length; i++) if (value >= units[i][0]) return digits(value / (units[i][2] || units[i][0])) + units[i][1];
    return digits(value);
  }
  function clock(seconds) {
    if (seconds === 0) return '0';
    if (1 > seconds) return +(seconds * 1e3).toPrecision(4) + 'ms';
    var parts = [[86400, 'd'], [3600, 'h'], [60, 'min']], rest = seconds, text = '';
    parts.forEach(function (part) {
      var count = Math.floor(rest / part[0] + 1e-9);
      if (count) { text += count + part[1]; rest -= count * part[0]; }
    });
    rest = +rest.toFixed(3);
    return rest > 0 ? text + rest + 's' : text;
  }
  function value(line, row) {
    return line.v[Math.floor((row + 0.5) * line.v.length / rows)];
  }
  function isDrawn(chart) { return chart.svg.getClientRects().length > 0; }
  function x(chart, time) { return (time - view[0]) / (view[1] - view[0]) * chart.width; }

  // At the full detail of the data, in the units of the whole: the view of the plot does the rest.
  function sharpen(chart) {
    if (chart.sharp) return chart.sharp;
    var scale = chart.scale, low = +scale[1], high = +scale[2];
    function y(value) {
      var share = scale[0] === 'log' ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
      return (chart.height * (1 - Math.min(1, Math.max(0, share)))).toFixed(1);
    }
    chart.sharp = chart.paths.map(function (path) {
      var line = chart.data.s[path.dataset.line], isArea = path.classList.contains('a'), pen = 'M', d = '';
      function left(place) { return (Math.min(place * rows / line.v.length * data.interval, whole[1]) / whole[1] * chart.width).toFixed(2); }
      line.v.forEach(function (value, index) {
        if (isArea) d += 'V' + y(value || 0) + 'H' + left(index + 1);
        else if (value === null) pen = 'M';
        else { d += pen + left(index + 0.5) + ',' + y(value); pen = ' '; }
      });
      return isArea ? 'M0,' + chart.height + d + 'V' + chart.height + 'Z' : d;
    });
    return chart.sharp;
  }
  function trace(chart, shapes) { chart.paths.forEach(function (path, index) { path.setAttribute('d', shapes[index]); }); }
  function relabel(chart) {
    var steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400], span = view[1] - view[0];
    for (var power = 0.5; power > 1e-6; power /= 10) steps.unshift(power / 5, power / 2.5, power);
    var room = 80 / chart.width * span;
    var step = steps.find(function (step) { return step >= room; }) || Math.ceil(room / 86400) * 86400;
    chart.times.textContent = '';
    for (var tick = Math.ceil(view[0] / step - 1e-9) * step; view[1] + step * 1e-9 >= tick; tick += step) {
      var label = make('text', { class: 'dim mid small', x: chart.left + x(chart, tick), y: chart.labelY }, chart.times);
      label.textContent = clock(+tick.toPrecision(9));
    }
  }
  function draw(chart) {
    if (!isDrawn(chart)) return;
    var isWhole = view[0] === whole[0] ? view[1] === whole[1] : false;
    var left = view[0] / whole[1] * chart.width, width = (view[1] - view[0]) / whole[1] * chart.width;
    if (chart.shown !== view.join()) {
      chart.shown = view.join();
      chart.plot.setAttribute('viewBox', left + ' 0 ' + width + ' ' + chart.height);
      if (isWhole) { trace(chart, chart.plain); chart.times.innerHTML = chart.labels; } else { trace(chart, sharpen(chart)); relabel(chart); }
    }
    var isIn = at !== null ? at >= view[0] ? view[1] >= at : false : false;
    chart.cursor.setAttribute('visibility', isIn ? 'visible' : 'hidden');
    if (!isIn) { chart.read.textContent = ''; return; }
    var row = Math.min(Math.floor(at / data.interval), rows - 1), place = at / whole[1] * chart.width;
    chart.cursor.setAttribute('x1', place);
    chart.cursor.setAttribute('x2', place);
    chart.read.textContent = clock(+(row * data.interval).toPrecision(9)) + ': ' + chart.data.s.map(function (line) {
      return line.l + ' ' + shown(chart.data.m, value(line, row));
    }).join(', ');
  }
  function drawAll() { charts.forEach(draw); }
  function zoom(begin, end) {
    var least = Math.min(whole[1], data.interval * 5);
    if (least > end - begin) { var middle = (begin + end) / 2; begin = middle - least / 2; end = middle + least / 2; }
    view = [Math.max(whole[0], begin), Math.min(whole[1], end)];
    var isWhole = view[0] === whole[0] ? view[1] === whole[1] : false;
    document.documentElement.classList.toggle('zoomed', !isWhole);
    button.hidden = isWhole;
    drawAll();
  }
  function reset() { zoom(whole[0], whole[1]); }
  function timeOf(chart, event) {
    var box = chart.plot.getBoundingClientRect(), outer = chart.svg.getBoundingClientRect();
    var scale = outer.width / chart.viewWidth, left = outer.left + chart.left * scale;
    var share = (event.clientX - left) / ((box.width > 0 ? chart.width * scale : 1));
    return view[0] + Math.min(1, Math.max(0, share)) * (view[1] - view[0]);
  }
  function listen(chart) {
    var svg = chart.svg;
    svg.addEventListener('pointermove', function (event) {
      at = timeOf(chart, event);
      if (dragged) {
        var from = dragged.time / whole[1] * chart.width, to = at / whole[1] * chart.width;
        chart.select.setAttribute('x', Math.min(from, to));
        chart.select.setAttribute('width', Math.abs(to - from));
      }
      drawAll();
    });
    svg.addEventListener('pointerleave', function () { if (!dragged) { at = null; drawAll(); } });
    svg.addEventListener('pointerdown', function (event) {
      if (event.pointerType === 'touch' || event.button !== 0) return;
      dragged = { time: timeOf(chart, event), x: event.clientX };
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener('pointerup', function (event) {
      if (!dragged) return;
      var from = dragged.time, isFar = Math.abs(event.clientX - dragged.x) > 6, to = timeOf(chart, event);
      dragged = null;
      chart.select.setAttribute('width', 0);
      if (isFar) zoom(Math.min(from, to), Math.max(from, to));
    });
    svg.addEventListener('dblclick', reset);
    chart.figure.addEventListener('keydown', function (event) {
      var span = view[1] - view[0], key = event.key, step = data.interval * (event.shiftKey ? 10 : 1);
      var now = at === null ? view[0] + span / 2 : at, handled = true;
      if (key === 'ArrowRight') at = Math.min(view[1], now + step);
      else if (key === 'ArrowLeft') at = Math.max(view[0], now - step);
      else if (key === '+' || key === '=') zoom(now - span / 4, now + span / 4);
      else if (key === '-') zoom(now - span, now + span);
      else handled = false;
      if (handled) { event.preventDefault(); drawAll(); }
    });
    chart.figure.addEventListener('blur', function () { at = null; drawAll(); });
  }

  var button = document.createElement('button');
  button.className = 'reset'; button.type = 'button'; button.hidden = true; button.textContent = 'All of the run (Esc)';
  button.addEventListener('click', reset);
  document.body.appendChild(button);
  document.addEventListener('keydown', function (event) { if (event.key === 'Escape') reset(); });
  document.querySelectorAll('svg.chart').forEach(function (svg) {
    var plot = svg.querySelector('svg.plot'), figure = svg.closest('figure'), read = figure.querySelector('.read');
    if (!read) {
      read = document.createElement('output');
      read.className = 'read';
      figure.appendChild(read);
      figure.tabIndex = 0;
      figure.setAttribute('role', 'group');
      figure.setAttribute('aria-label', svg.querySelector('title').textContent + '. Arrow keys move the cursor.');
    }
    var number = function (name) { return +plot.getAttribute(name); };
    var chart = {
      svg: svg, plot: plot, figure: figure, read: read, data: data.charts[svg.dataset.chart], scale: svg.dataset.scale.split(' '),
      left: number('x'), width: number('width'), height: number('height'), viewWidth: +svg.getAttribute('width'),
      times: svg.querySelector('.times'), shown: whole.join(), paths: Array.from(plot.querySelectorAll('path[data-line]')), sharp: null
    };
    chart.plain = chart.paths.map(function (path) { return path.getAttribute('d'); });
    chart.labels = chart.times.innerHTML;
    chart.labelY = +svg.getAttribute('height') - 4;
    chart.select = make('rect', { class: 'select', y: 0, height: chart.height, width: 0 }, plot);
    chart.cursor = make('line', { class: 'cursor', y1: 0, y2: chart.height, visibility: 'hidden' }, plot);
    charts.push(chart);
    listen(chart);
  });
  document.querySelectorAll('details').forEach(function (it) { it.addEventListener('toggle', drawAll); });
  window.addEventListener('resize', drawAll);
}());
