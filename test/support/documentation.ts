/** The part of a page from `heading` to the next heading of its level or above. */
export function section(page: string, heading: string): string {
  const start = page.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`the page has no ${heading}`);
  const level = heading.indexOf(" ");
  const body = page.slice(start + heading.length + 2);
  const end = body.search(new RegExp(`^#{1,${level}} `, "m"));
  return end < 0 ? body : body.slice(0, end);
}

/** The rows of every table that has exactly these columns, without the marks of Markdown. */
export function rowsOf(text: string, columns: readonly string[]): string[][] {
  const rows: string[][] = [];
  let inTable = false;
  for (const line of text.split("\n")) {
    const cells = cellsOf(line);
    if (cells.length === 0) inTable = false;
    else if (cells.join() === columns.join()) inTable = true;
    else if (inTable && !cells.every((cell) => /^:?-+:?$/.test(cell))) rows.push(cells);
  }
  return rows;
}

function cellsOf(line: string): string[] {
  const row = line.replace(/<!--.*?-->/g, "").trim();
  if (!row.startsWith("|")) return [];
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"))
    .map((cell) => /^`([^`]*)`$/.exec(cell)?.[1] ?? cell);
}
