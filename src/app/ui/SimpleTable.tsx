import type { ReactNode } from 'react';
import './table.css';

/** A few rows side by side, all visible: baselines beside a model, settings beside the paper's. First column names the row. */
export function SimpleTable(props: {
  readonly caption: string;
  readonly header: readonly ReactNode[];
  readonly rows: readonly {
    readonly key: string;
    readonly cells: readonly ReactNode[];
    readonly isStrong?: boolean;
  }[];
}) {
  const [first, ...others] = props.header;
  return (
    <div className="simple-scroller">
      <table className="simple num">
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {others.map((title, at) => (
              // eslint-disable-next-line react/no-array-index-key -- columns have no identity but their place
              <th scope="col" key={at}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map(({ key, cells: [name, ...values], isStrong }) => (
            <tr key={key} className={isStrong ? 'simple-strong' : ''}>
              <th scope="row">{name}</th>
              {values.map((value, at) => (
                // eslint-disable-next-line react/no-array-index-key -- as above
                <td key={at}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
