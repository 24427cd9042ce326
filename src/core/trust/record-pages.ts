import {
  type ClientRecord,
  RECORD_NUMBERS,
  RECORD_NUMBERS_1,
  RECORD_WINDOW,
} from "./client-record.js";

/** Small enough that a federation of ten costs little, and that growing copies nothing. */
const RECORDS_PER_PAGE = 256;

interface Page {
  readonly numbers: Float64Array;
  readonly window: Float32Array;
}

/** The plain form. */
export interface RecordPagesData {
  readonly size: number;
  readonly pages: readonly Page[];
}

/** A page that some copy may have too: it is never written again. */
interface OwnPage extends Page {
  isShared: boolean;
}

/** Records of clients, by their number. */
export class RecordPages {
  private readonly pages: OwnPage[];
  private size: number;

  /** Shares memory with `data` until it writes. */
  constructor(
    private readonly prior: number,
    data: RecordPagesData = { size: 0, pages: [] },
  ) {
    this.pages = data.pages.map(({ numbers, window }) => ({ numbers, window, isShared: true }));
    this.size = data.size;
  }

  /** Moves `record` to a client, to be read; clients up to it that were never heard of get the prior. */
  seek(record: ClientRecord, client: number): ClientRecord {
    for (; this.size <= client; this.size += 1) {
      if (this.size % RECORDS_PER_PAGE === 0) this.pages.push(emptyPage());
      this.move(record, this.size, this.pageToWrite(this.size));
      record.reset(this.prior);
    }
    this.move(record, client, this.pages[pageOf(client)]);
    return record;
  }

  /** The same, to be written. */
  seekToWrite(record: ClientRecord, client: number): ClientRecord {
    this.seek(record, client);
    this.move(record, client, this.pageToWrite(client));
    return record;
  }

  /** Costs little: whoever writes first to a page that both have makes it its own. */
  copy(): RecordPages {
    for (const page of this.pages) page.isShared = true;
    return new RecordPages(this.prior, this.toData());
  }

  toData(): RecordPagesData {
    return {
      size: this.size,
      pages: this.pages.map(({ numbers, window }) => ({ numbers, window })),
    };
  }

  private pageToWrite(client: number): OwnPage | undefined {
    const place = pageOf(client);
    const page = this.pages[place];
    if (!page?.isShared) return page;
    const { numbers, window } = page;
    const own = { numbers: numbers.slice(), window: window.slice(), isShared: false };
    this.pages[place] = own;
    return own;
  }

  private move(record: ClientRecord, client: number, page: Page | undefined): void {
    if (page) record.moveTo(page.numbers, page.window, client % RECORDS_PER_PAGE);
  }
}

/** Pages of layout 1 as they are now: nothing is known of violations. */
export function pagesOfLayout1({ size, pages }: RecordPagesData): RecordPagesData {
  return {
    size,
    pages: pages.map(({ numbers, window }) => {
      const page = emptyPage();
      for (let place = 0; place < RECORDS_PER_PAGE; place += 1) {
        const first = place * RECORD_NUMBERS_1;
        page.numbers.set(numbers.subarray(first, first + RECORD_NUMBERS_1), place * RECORD_NUMBERS);
      }
      page.window.set(window);
      return page;
    }),
  };
}

function pageOf(client: number): number {
  return Math.floor(client / RECORDS_PER_PAGE);
}

function emptyPage(): OwnPage {
  return {
    numbers: new Float64Array(RECORDS_PER_PAGE * RECORD_NUMBERS),
    window: new Float32Array(RECORDS_PER_PAGE * RECORD_WINDOW),
    isShared: false,
  };
}
