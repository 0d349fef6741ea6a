import { BILLED_UNITS, type MeterLine } from '../local/meter.ts'

/** Renders the costs of a run on AWS as a table: one row for each unit and the resource that caused it. */
export function renderBill(lines: readonly MeterLine[], jobs: number): string {
  const rows = lines
    .filter((line) => line.quantity > 0)
    .sort((a, b) => a.unit.localeCompare(b.unit) || b.quantity - a.quantity)
    .map((line) => [
      BILLED_UNITS[line.unit].label,
      readableName(line.by),
      formatQuantity(line.quantity),
      formatQuantity(line.quantity / jobs),
      `$${line.usd.toFixed(6)}`,
    ])
  const totalUsd = lines.reduce((sum, line) => sum + line.usd, 0)
  const table = alignColumns([['unit', 'caused by', 'count', 'per job', 'list price'], ...rows])
  return [
    ...table,
    '',
    `${jobs} jobs: $${totalUsd.toFixed(6)}, or $${((totalUsd / jobs) * 1_000_000).toFixed(2)} per million (us-east-1, no free tier).`,
  ].join('\n')
}

/** The CDK begins a logical id with the name of its construct, and ends it with eight digits of a hash. */
function readableName(name: string): string {
  return name.replace(/^Platform(?=[A-Z])/, '').replace(/[0-9A-F]{8}$/, '')
}

function formatQuantity(quantity: number): string {
  if (Number.isInteger(quantity)) return String(quantity)
  return quantity >= 100 ? quantity.toFixed(0) : quantity.toPrecision(3)
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '),
  )
}
