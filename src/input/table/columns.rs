//! The columns of a Parquet file, as the `parquet` crate reads and writes them.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::str;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::{ColumnWriter, ColumnWriterImpl};
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};

use super::{Broken, Row, Rows};
use crate::input::records::{Field, Record};
use crate::settings::InputSettings;

/// Rows that are unpacked together: enough that a call for each column costs little, and so few that long texts do not
/// add up.
const STEP: usize = 32;

/// Rows of the largest row group that is read, so that what a damaged file says of itself does not fill the memory. The
/// groups of `pyarrow` have 2^20 if nothing else is asked for.
const MOST_ROWS: i64 = 1 << 28;

/// Opens a table; see [`super::open`].
pub(super) fn rows(file: File, settings: &InputSettings) -> std::result::Result<Rows, String> {
    let reader = caught(|| open(file)).map_err(|error| format!("no Parquet file, or a damaged one: {error}"))?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let InputSettings { text_field, id_field, html_field, url_field, date_field, .. } = settings;
    let [text, html] = [text_field, html_field].map(|name| Place::of(name, schema));
    match (&text, &html) {
        (Place::Missing, Place::Missing) => return Err(missing(text_field, schema)),
        (Place::Column(_), _) | (_, Place::Column(_)) => {}
        _ => return Err(format!("column `{text_field}` is a list or a structure, not a string")),
    }
    let [id, url, date] = [id_field, url_field, date_field].map(|name| Place::of(name, schema));
    let count = reader.metadata().row_groups().iter().map(|group| group.num_rows().unsigned_abs());
    let count = count.fold(0, u64::saturating_add);
    let places = [text, html, id, url, date];
    let ready = Vec::new().into_iter();
    Ok((count, Box::new(Table { reader, places, group: 0, columns: Vec::new(), next: 1, left: 0, ready })))
}

/// Does what the crate does, which panics at some kinds of damage instead of telling them. The hook of the program has its
/// say all the same, and a program that is built to abort ends.
fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // What is left half done is not used again.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(ParquetError::General("it is damaged".into())))
}

/// Opens a table whose row groups and columns are within its file, and have as many values as rows.
fn open(file: File) -> Result<SerializedFileReader<File>> {
    let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
    let reader = SerializedFileReader::new(file)?;
    let is_within = |place: i64| (0..=length).contains(&place);
    for group in reader.metadata().row_groups() {
        let are_within = group.columns().iter().all(|column| {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = start.saturating_add(column.compressed_size());
            let has_lists = column.column_descr().max_rep_level() > 0;
            let is_full = column.num_values() == group.num_rows() || has_lists;
            let places = [start, column.data_page_offset(), column.compressed_size(), end];
            is_full && column.file_path().is_none() && places.into_iter().all(is_within)
        });
        if !(0..=MOST_ROWS).contains(&group.num_rows()) || !are_within {
            return Err(ParquetError::General(
                "its rows are not where it says, in other files, or too many for a row group".into(),
            ));
        }
    }
    Ok(reader)
}

/// Says which column is missing, which there are, and how to name the right one.
fn missing(name: &str, schema: &SchemaDescriptor) -> String {
    let texts =
        schema.columns().iter().filter(|column| is_leaf(column) && column.physical_type() == Physical::BYTE_ARRAY);
    let texts: Vec<String> = texts.take(5).map(|column| format!("`{}`", column.name())).collect();
    let others = if texts.is_empty() { String::new() } else { format!(" (its text columns are {})", texts.join(", ")) };
    format!("no column `{name}`{others}: name it with `--text-field`")
}

/// Whether a column stands at the top and has one value a row at most.
fn is_leaf(column: &ColumnDescPtr) -> bool {
    column.path().parts().len() == 1 && column.max_rep_level() == 0
}

/// Where the values of a field are.
enum Place {
    Missing,
    /// In a column of this number.
    Column(usize),
    /// In several: a list or a structure.
    Nested,
}

impl Place {
    fn of(name: &str, schema: &SchemaDescriptor) -> Self {
        let is_it = |column: &ColumnDescPtr| column.path().parts().first().is_some_and(|top| top == name);
        match schema.columns().iter().position(is_it) {
            Some(number) if is_leaf(&schema.column(number)) => Self::Column(number),
            Some(_) => Self::Nested,
            None => Self::Missing,
        }
    }
}

/// What a column of the open row group gives.
enum Values {
    /// The same for each row.
    All(Field),
    Read(Box<ColumnReader>, ColumnDescPtr),
}

/// An open table as an iterator of rows.
struct Table {
    reader: SerializedFileReader<File>,
    /// Of text, HTML, id, address, date.
    places: [Place; 5],
    /// Row groups that were opened.
    group: usize,
    /// In the order of `places`; of the row group that was opened last.
    columns: Vec<Values>,
    /// Number of the next row that is unpacked, and how many more the row group has.
    next: u64,
    left: u64,
    /// Rows that are unpacked.
    ready: std::vec::IntoIter<Row>,
}

impl Iterator for Table {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(row);
            }
            let unpacked = if self.left > 0 {
                caught(|| self.unpack())
            } else if self.group < self.reader.num_row_groups() {
                caught(|| self.open())
            } else {
                return None;
            };
            if let Err(error) = unpacked {
                let first = self.next;
                self.next = self.next.saturating_add(std::mem::take(&mut self.left));
                let last = (self.next - 1).max(first);
                return Some((first, Err(Broken::Rest(format!("rows {first} to {last} cannot be read: {error}")))));
            }
        }
    }
}

impl Table {
    /// Opens the next row group.
    fn open(&mut self) -> Result<()> {
        let group = self.reader.get_row_group(self.group);
        self.group += 1;
        let group = group?;
        self.left = group.metadata().num_rows().unsigned_abs();
        let values = |place: &Place| {
            Ok(match *place {
                Place::Missing => Values::All(Field::Missing),
                Place::Nested => Values::All(Field::Other("a list or a structure")),
                Place::Column(number) => Values::Read(
                    Box::new(group.get_column_reader(number)?),
                    group.metadata().column(number).column_descr_ptr(),
                ),
            })
        };
        self.columns = self.places.iter().map(values).collect::<Result<_>>()?;
        Ok(())
    }

    /// Unpacks the next rows of the open row group.
    fn unpack(&mut self) -> Result<()> {
        let count = self.left.min(STEP as u64) as usize;
        let mut fields = Vec::with_capacity(self.places.len());
        for values in &mut self.columns {
            fields.push(values.next(count)?.into_iter());
        }
        let mut field = |at: usize| fields[at].next().unwrap_or_default();
        let mut rows = Vec::with_capacity(count);
        for number in (self.next..).take(count) {
            let [text, html, id, url, date] = std::array::from_fn(&mut field);
            rows.push((number, Ok(Record { text, id, html, url, date })));
        }
        self.next += count as u64;
        self.left -= count as u64;
        self.ready = rows.into_iter();
        Ok(())
    }
}

impl Values {
    /// Returns the next `count` fields.
    fn next(&mut self, count: usize) -> Result<Vec<Field>> {
        let (reader, column) = match self {
            Self::All(field) => return Ok(vec![field.clone(); count]),
            Self::Read(reader, column) => (&mut **reader, &**column),
        };
        let kind = column.converted_type();
        let is_decimal = kind == ConvertedType::DECIMAL;
        let unit = match column.logical_type_ref() {
            Some(LogicalType::Timestamp(time)) => Some(time.unit),
            _ => None,
        };
        let text = |bytes: &[u8]| match str::from_utf8(bytes) {
            _ if is_decimal => Field::Other("a decimal number"),
            Ok(text) => Field::Text(text.to_owned()),
            Err(_) => Field::Other("no UTF-8"),
        };
        let levels = column.max_def_level();
        match reader {
            ColumnReader::BoolColumnReader(reader) => fields(reader, levels, count, |_| Field::Other("a boolean")),
            ColumnReader::Int32ColumnReader(reader) => fields(reader, levels, count, |&number| match kind {
                ConvertedType::DATE => day(number).map_or_else(|| number_of(number), Field::Text),
                ConvertedType::DECIMAL => Field::Other("a decimal number"),
                ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 => number_of(number as u32),
                _ => number_of(number),
            }),
            ColumnReader::Int64ColumnReader(reader) => fields(reader, levels, count, |&number| match (kind, unit) {
                (ConvertedType::TIMESTAMP_MILLIS, _) | (_, Some(TimeUnit::MILLIS)) => moment(number, 1_000_000),
                (ConvertedType::TIMESTAMP_MICROS, _) | (_, Some(TimeUnit::MICROS)) => moment(number, 1_000),
                (_, Some(TimeUnit::NANOS)) => moment(number, 1),
                (ConvertedType::DECIMAL, _) => Field::Other("a decimal number"),
                (ConvertedType::UINT_64, _) => number_of(number as u64),
                _ => number_of(number),
            }),
            ColumnReader::Int96ColumnReader(reader) => {
                fields(reader, levels, count, |time| moment(time.to_millis(), 1_000_000))
            }
            ColumnReader::FloatColumnReader(reader) => fields(reader, levels, count, fraction),
            ColumnReader::DoubleColumnReader(reader) => fields(reader, levels, count, fraction),
            ColumnReader::ByteArrayColumnReader(reader) => fields(reader, levels, count, |bytes| text(bytes.data())),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                fields(reader, levels, count, |bytes| text(bytes.data()))
            }
        }
    }
}

/// Returns the next `count` fields of a column, in which a value has the level `levels` and what is less is null.
fn fields<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    levels: i16,
    count: usize,
    field: impl Fn(&T::T) -> Field,
) -> Result<Vec<Field>> {
    let (mut defined, mut values) = (Vec::new(), Vec::with_capacity(count));
    reader.read_records(count, Some(&mut defined), None, &mut values)?;
    let mut values = values.iter().map(field);
    let fields: Vec<Field> = if levels == 0 {
        values.collect()
    } else {
        let null = Field::Other("null");
        let is_value = defined.iter().map(|&level| level == levels);
        is_value.map(|is_value| if is_value { values.next() } else { Some(null.clone()) }).map_while(|f| f).collect()
    };
    if fields.len() == count {
        Ok(fields)
    } else {
        Err(ParquetError::EOF(format!("{} values where {count} rows are", fields.len())))
    }
}

fn number_of(number: impl ToString) -> Field {
    Field::Number(number.to_string())
}

/// Returns a number with a point, as JSON has it: `1.0`.
fn fraction<T: std::fmt::Debug>(number: &T) -> Field {
    Field::Number(format!("{number:?}"))
}

/// Returns the date so many days after the beginning of 1970.
fn day(number: i32) -> Option<String> {
    let first = civil::date(1970, 1, 1);
    Some(first.checked_add(jiff::Span::new().try_days(number).ok()?).ok()?.to_string())
}

/// Returns the time so many times `unit` nanoseconds after the beginning of 1970.
fn moment(number: i64, unit: i128) -> Field {
    let time = Timestamp::from_nanosecond(i128::from(number) * unit);
    time.map_or_else(|_| number_of(number), |time| Field::Text(time.to_string()))
}

/// Writes a table again without some rows, its row groups, columns and codecs as they were; see [`super::copy`].
pub(super) fn copy(from: &Path, to: &Path, is_dropped: &dyn Fn(u64) -> bool) -> Result<u64> {
    caught(|| copy_rows(from, to, is_dropped))
}

fn copy_rows(from: &Path, to: &Path, is_dropped: &dyn Fn(u64) -> bool) -> Result<u64> {
    let reader = open(File::open(from)?)?;
    let about = reader.metadata().file_metadata();
    let mut properties = WriterProperties::builder().set_key_value_metadata(about.key_value_metadata().cloned());
    for column in reader.metadata().row_groups().first().map_or(&[][..], |group| group.columns()) {
        properties = properties.set_column_compression(column.column_path().clone(), column.compression());
    }
    let schema = about.schema_descr().root_schema_ptr();
    let file = File::create_new(to)?;
    let mut writer = SerializedFileWriter::new(&file, schema, Arc::new(properties.build()))?;
    let (mut row, mut written) = (0, 0);
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number)?;
        let rows = group.metadata().num_rows().unsigned_abs();
        let kept: Vec<bool> = (row + 1..=row + rows).map(|row| !is_dropped(row)).collect();
        row += rows;
        let count = kept.iter().filter(|&&is_kept| is_kept).count() as u64;
        if count == 0 {
            continue;
        }
        written += count;
        let mut out = writer.next_row_group()?;
        let mut at = 0;
        while let Some(mut column) = out.next_column()? {
            let levels = about.schema_descr().column(at);
            let levels = (levels.max_def_level(), levels.max_rep_level());
            copy_column(group.get_column_reader(at)?, column.untyped(), levels, &kept)?;
            column.close()?;
            at += 1;
        }
        out.close()?;
    }
    writer.close()?;
    Ok(written)
}

/// Writes the values of a column's rows that are kept. A column that is read and one that is written to have one type.
fn copy_column(from: ColumnReader, to: &mut ColumnWriter, levels: (i16, i16), kept: &[bool]) -> Result<()> {
    use ColumnReader as From;
    use ColumnWriter as To;
    match (from, to) {
        (From::BoolColumnReader(from), To::BoolColumnWriter(to)) => copy_values(from, to, levels, kept),
        (From::Int32ColumnReader(from), To::Int32ColumnWriter(to)) => copy_values(from, to, levels, kept),
        (From::Int64ColumnReader(from), To::Int64ColumnWriter(to)) => copy_values(from, to, levels, kept),
        (From::Int96ColumnReader(from), To::Int96ColumnWriter(to)) => copy_values(from, to, levels, kept),
        (From::FloatColumnReader(from), To::FloatColumnWriter(to)) => copy_values(from, to, levels, kept),
        (From::DoubleColumnReader(from), To::DoubleColumnWriter(to)) => copy_values(from, to, levels, kept),
        (From::ByteArrayColumnReader(from), To::ByteArrayColumnWriter(to)) => copy_values(from, to, levels, kept),
        (From::FixedLenByteArrayColumnReader(from), To::FixedLenByteArrayColumnWriter(to)) => {
            copy_values(from, to, levels, kept)
        }
        _ => Err(ParquetError::General("a column has another type than its schema says".into())),
    }
}

fn copy_values<T: DataType>(
    mut from: ColumnReaderImpl<T>,
    to: &mut ColumnWriterImpl<T>,
    (max_defined, max_repeated): (i16, i16),
    kept: &[bool],
) -> Result<()> {
    for kept in kept.chunks(STEP) {
        let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (rows, ..) = from.read_records(kept.len(), Some(&mut defined), Some(&mut repeated), &mut values)?;
        if rows < kept.len() {
            return Err(ParquetError::EOF(format!("{rows} values where {} rows are", kept.len())));
        }
        // A column that has a value in each row has no levels, and one without lists repeats nothing.
        let count = if max_defined > 0 { defined.len() } else { values.len() };
        let mut values = values.into_iter();
        let (mut row, mut kept_defined, mut kept_repeated, mut kept_values) = (0, Vec::new(), Vec::new(), Vec::new());
        for at in 0..count {
            let level = defined.get(at).copied().unwrap_or(max_defined);
            let again = repeated.get(at).copied().unwrap_or(0);
            row += usize::from(again == 0);
            let value = if level == max_defined { values.next() } else { None };
            if row > 0 && kept.get(row - 1).is_some_and(|&is_kept| is_kept) {
                kept_defined.push(level);
                kept_repeated.push(again);
                kept_values.extend(value);
            }
        }
        let levels = |max: i16, levels| if max > 0 { Some(levels) } else { None };
        to.write_batch(&kept_values, levels(max_defined, &kept_defined[..]), levels(max_repeated, &kept_repeated[..]))?;
    }
    Ok(())
}
