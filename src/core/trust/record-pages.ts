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

/** Records of clients, by their number. */
export class RecordPages {
  private readonly pages: Page[];
  private size: number;

  constructor(
    private readonly prior: number,
    data: RecordPagesData = { size: 0, pages: [] },
  ) {
    this.pages = [...data.pages];
    this.size = data.size;
  }

  /** Moves `record` to a client; clients up to it that were never heard of get the prior. */
  seek(record: ClientRecord, client: number): ClientRecord {
    for (; this.size <= client; this.size += 1) {
      if (this.size % RECORDS_PER_PAGE === 0) this.pages.push(emptyPage());
      this.move(record, this.size);
      record.reset(this.prior);
    }
    this.move(record, client);
    return record;
  }

  copy(): RecordPages {
    const { size, pages } = this;
    return new RecordPages(this.prior, {
      size,
      pages: pages.map(({ numbers, window }) => ({
        numbers: numbers.slice(),
        window: window.slice(),
      })),
    });
  }

  toData(): RecordPagesData {
    return { size: this.size, pages: this.pages };
  }

  private move(record: ClientRecord, client: number): void {
    const page = this.pages[Math.floor(client / RECORDS_PER_PAGE)];
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

function emptyPage(): Page {
  return {
    numbers: new Float64Array(RECORDS_PER_PAGE * RECORD_NUMBERS),
    window: new Float32Array(RECORDS_PER_PAGE * RECORD_WINDOW),
  };
}
