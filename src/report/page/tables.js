// Tables of more than two rows are sorted by the column whose heading is pressed: up, down, as they were.
(function () {
  'use strict';
  var units = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, ns: 1e-9, 'µs': 1e-6, us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86400, '%': 0.01, KiB: 1024, MiB: 1048576, GiB: 1073741824, TiB: 1099511627776 };
  // A number with its unit, as people write it: 1.23k, 250 ms, 2min 30s, −5 %. What begins with a letter is none.
  function worth(text) {
    var sign = /^[−-]/.test(text) ? -1 : 1, rest = text.replace(/^[^0-9a-zA-Z]+/, ''), sum = null, found;
    while ((found = /^([0-9][0-9.]*(?:e[+-]?[0-9]+)?) ?([a-zA-Zµ%]*)/.exec(rest))) {
      sum = (sum || 0) + parseFloat(found[1]) * (units[found[2]] || 1);
      rest = rest.slice(found[0].length).trim();
      if (!/^(d|h|min)$/.test(found[2])) break;
    }
    return sum === null ? null : sign * sum;
  }
  function key(row, column) {
    var cell = row.cells[column], text = cell ? cell.textContent.trim() : '';
    return { number: worth(text), text: text };
  }
  function compare(one, other) {
    if (one.number !== null) { if (other.number !== null) return one.number - other.number; return -1; }
    if (other.number !== null) return 1;
    return one.text > other.text ? 1 : one.text === other.text ? 0 : -1;
  }
  document.querySelectorAll('table').forEach(function (table) {
    var body = table.tBodies[0], rows = body ? Array.from(body.rows) : [];
    if (3 > rows.length || !table.tHead) return;
    var headings = Array.from(table.tHead.rows[0].cells);
    headings.forEach(function (heading, column) {
      var button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.textContent = heading.textContent;
      heading.textContent = '';
      heading.appendChild(button);
      button.addEventListener('click', function () {
        var way = heading.getAttribute('aria-sort'), next = way === null ? 'ascending' : way === 'ascending' ? 'descending' : null;
        headings.forEach(function (other) { other.removeAttribute('aria-sort'); });
        var sorted = rows.slice();
        if (next) {
          heading.setAttribute('aria-sort', next);
          var keys = new Map(rows.map(function (row) { return [row, key(row, column)]; }));
          var sign = next === 'ascending' ? 1 : -1;
          sorted.sort(function (one, other) { return sign * compare(keys.get(one), keys.get(other)); });
        }
        sorted.forEach(function (row) { body.appendChild(row); });
      });
    });
  });
  // On paper nothing can be opened.
  window.addEventListener('beforeprint', function () { document.querySelectorAll('details').forEach(function (it) { it.open = true; }); });
}());
