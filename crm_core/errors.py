"""What can go wrong, by name: each error carries facts, its sentence stands in ui/words under its name."""


class CrmError(Exception):
    """A refusal the person can act on. `facts` fill the blanks of its sentence."""

    def __init__(self, **facts):
        self.facts = facts
        super().__init__(f"{type(self).__name__} {facts}" if facts else type(self).__name__)


# --- the database file ---------------------------------------------------------------------------


class DatabaseInUse(CrmError):
    """Another process holds the file. Facts: path, pid (0 where unknown)."""


class DatabaseFromNewerRelease(CrmError):
    """The file was written by a later release. Facts: path, found, known."""


class DatabaseUnreadable(CrmError):
    """The file is no database or is damaged. Facts: path, reason."""


class BatchesLost(CrmError):
    """The ledger beside the file knows batches that the file has not. Facts: path, expected, found."""


class LedgerDisagrees(CrmError):
    """File and ledger tell different histories. Facts: path, number."""


class NoRoomOnDisk(CrmError):
    """The disk is full. Facts: path."""


class CannotWrite(CrmError):
    """The folder or file cannot be written. Facts: path."""


# --- records ------------------------------------------------------------------------------------


class RuleBroken(CrmError):
    """A value breaks a rule of tables.py. Facts: table, column, rule, value, rows (how many break it)."""


class ValueMissing(CrmError):
    """A required column is empty. Facts: table, column, rows."""


class KeyTaken(CrmError):
    """A value that must be unique is there already. Facts: table, column, value."""


class ReferenceMissing(CrmError):
    """A row points at a row that is not there. Facts: table, column, rows."""


class ReferenceUnknown(CrmError):
    """What was typed names no row. Facts: table, column, value."""


class StillReferred(CrmError):
    """A row cannot go: other rows hang on it. Facts: table, by, rows."""


class RowNotFound(CrmError):
    """No such row. Facts: table, id."""


class RowMovedOn(CrmError):
    """Somebody changed the row since it was read. Facts: table, id, mine, theirs (dicts by column)."""


class RowDeleted(CrmError):
    """Somebody deleted the row since it was read. Facts: table, id."""


class EmailNotFound(CrmError):
    """No customer has the e-mail. Facts: email."""


class NoLines(CrmError):
    """An order without lines."""


class BatchNotFound(CrmError):
    """No such batch. Facts: number."""


class AlreadyUndone(CrmError):
    """The batch has been undone. Facts: number, by."""


class TouchedSince(CrmError):
    """Rows of the batch were changed by later batches. Facts: number, table, ids, rows."""


class Cancelled(CrmError):
    """The person stopped the work; nothing was changed."""


# --- importing ----------------------------------------------------------------------------------


class FileEmpty(CrmError):
    """The file has no bytes or only blanks. Facts: name."""


class OnlyAHeader(CrmError):
    """The file has a header and no rows. Facts: name, columns."""


class FileNotReadable(CrmError):
    """The text does not fit the encoding that was told. Facts: name, encoding, line."""


class EncodingUnknown(CrmError):
    """No encoding fits the text, or several do. Facts: name, candidates (Python's names, likeliest first)."""


class NotATextFile(CrmError):
    """The file holds bytes that no text has. Facts: name, line."""


class LineTooLong(CrmError):
    """A line that no table has. Facts: name, line, most_mb."""


class TooManyColumns(CrmError):
    """Facts: name, columns, most."""


class DelimiterUnknown(CrmError):
    """What was given as delimiter is not one sign. Facts: delimiter."""


class FileNotFound(CrmError):
    """Facts: name."""


class FileNotWritable(CrmError):
    """A file to be written is there already, or cannot be made. Facts: path."""


class FileTypeUnknown(CrmError):
    """Not a kind of file that can be imported. Facts: name."""


class WebPageOrXml(CrmError):
    """A web page or XML, whatever its name says. Facts: name."""


class FixedWidth(CrmError):
    """Columns are told apart by their place in the line only. Facts: name."""


class FileDamaged(CrmError):
    """The file breaks off or its parts do not fit. Facts: name."""


class FileChanging(CrmError):
    """The file was written while it was read. Facts: name."""


class PasswordNeeded(CrmError):
    """The file is encrypted. Facts: name."""


class UnpacksTooLarge(CrmError):
    """What is packed in the file is larger than can be believed. Facts: name, mb."""


class ArchiveInArchive(CrmError):
    """An archive lies in an archive. Facts: name, member."""


class NoTableInside(CrmError):
    """A workbook, an archive or JSON holds no table. Facts: name."""


class MemberNotThere(CrmError):
    """The archive has no such file. Facts: name, member."""


class SheetNotThere(CrmError):
    """The workbook has no such sheet. Facts: name, sheet."""


class SheetTooLarge(CrmError):
    """A cell stands so far out that the sheet cannot be read. Facts: name, sheet, cell."""


class HeaderLineNotThere(CrmError):
    """The line said to be the header is blank or none. Facts: name, line."""


class JsonBroken(CrmError):
    """The text is no JSON. Facts: name, line."""


class RaggedFile(CrmError):
    """More rows than can be believed have another number of cells. Facts: name, rows, expected, line."""


class ColumnsNotMapped(CrmError):
    """Columns that the import needs are not named. Facts: columns."""


class KindUnknown(CrmError):
    """The headers fit no kind of file. Facts: name, headers."""


class ColumnNotThere(CrmError):
    """A column was named that the file has not. Facts: name, header."""


class MeaningUnknown(CrmError):
    """A column was given a meaning that no table has. Facts: meaning."""


class MappedTwice(CrmError):
    """Two columns were given one meaning. Facts: column, first, second (headers)."""


class MappingNotFound(CrmError):
    """There is no kept mapping of that name. Facts: mapping, known (their names)."""


class MappingDoesNotFit(CrmError):
    """The file lacks columns that a kept mapping needs. Facts: name, mapping, columns (headers)."""


class FolderNotFound(CrmError):
    """There is no such folder to watch. Facts: path."""


class DateOrderAmbiguous(CrmError):
    """Dates can be read two ways. Facts: column, example."""


class DatesOfTwoKinds(DateOrderAmbiguous):
    """Some dates of a column have the day first, others the month. Facts: column, example."""


class NothingToImport(CrmError):
    """Every row was rejected. Facts: name, rejected (rows), rejects (the first: line, column, reason, value, raw),
    file (where all of them are, until the reading closes)."""


class DemoPresent(CrmError):
    """An import would mix with the demo shop; it must be asked for. Facts: customers."""


class ReaderStopped(CrmError):
    """The reading process hit its limit of time or memory. Facts: name, limit ('time' or 'memory')."""


# --- connections --------------------------------------------------------------------------------


class ConnectionNotSetUp(CrmError):
    """Nobody said who we are to the other program. Facts: columns (the variables that are missing)."""


class SecretsUnreadable(CrmError):
    """The file with the credentials cannot be understood. Facts: path."""


class AddressNotSafe(CrmError):
    """A password would travel in clear text. Facts: host."""


class LoginRefused(CrmError):
    """The other program does not let us in. Facts: reason (its words)."""


class RemoteUnreachable(CrmError):
    """No answer, although it was tried again and again. No facts."""


class RemoteBusy(CrmError):
    """The other program asks to wait longer than is sensible. Facts: reason (its words), minutes."""


class RemoteRefused(CrmError):
    """The other program said no. Facts: code, reason (its words)."""


class RemoteObjectUnknown(CrmError):
    """No such object, or not for this user. Facts: object."""


class NothingPulledYet(CrmError):
    """Changes cannot be compared with what was never pulled. No facts."""


class ChangedMeanwhile(CrmError):
    """Rows that a pull is about were changed here after it was compared with them. Facts: rows."""


class ChangesSent(CrmError):
    """What another program was told cannot be taken back here. Facts: number."""


# --- clustering ---------------------------------------------------------------------------------


class TooFewCustomers(CrmError):
    """Facts: needed, found."""


class NothingToTellApart(CrmError):
    """Every feature is constant. Facts: customers."""


class NoOrdersYet(CrmError):
    """No orders up to the date. Facts: as_of."""


class KTooLarge(CrmError):
    """More groups than customers who differ. Facts: k, customers, largest (the largest k that works)."""


class FeatureMissing(CrmError):
    """The table has no such column. Facts: feature."""


class FeatureNotNumeric(CrmError):
    """A feature that is no number cannot be compared by distance. Facts: feature."""


# --- merging ------------------------------------------------------------------------------------


class MergedWithItself(CrmError):
    """One and the same record was to be merged with itself, or with nothing. Facts: table."""


class RecordGone(CrmError):
    """A record to be merged is deleted or was never there. Facts: table, id."""


class AlreadyMerged(CrmError):
    """A record was merged before. Facts: table, who, into (what they are called)."""


class MergeInCircle(CrmError):
    """A record would be merged into one that was merged into it. Facts: table, who."""


class MergeNotFound(CrmError):
    """There is no such merge, or it was taken apart already. Facts: id."""


class MergeErased(CrmError):
    """A record of a merge is no longer in the book at all. Facts: table, id."""


class KeyUsedMeanwhile(CrmError):
    """A value that must be unique is held by another record by now. Facts: table, column, value, who (its name)."""


class MergeTouchedSince(TouchedSince):
    """Rows of a merge were changed by later batches: it can be taken apart instead. Facts: as of TouchedSince."""


# --- recipes ------------------------------------------------------------------------------------


class RecipeNotJson(CrmError):
    """Facts: line, sign (where reading failed)."""


class RecipeFieldMissing(CrmError):
    """Facts: field (name or steps)."""


class RecipeTableUnknown(CrmError):
    """The recipe is for a table that the book has not. Facts: name, nearest."""


class RecipeUnknown(CrmError):
    """Neither a file nor a kept recipe. Facts: name."""


class TooManySteps(CrmError):
    """Facts: steps, most."""


class StepUnknown(CrmError):
    """Facts: place, step, nearest."""


class SettingMissing(CrmError):
    """Facts: place, step, setting."""


class SettingUnknown(CrmError):
    """Facts: place, step, setting, known."""


class SettingWrong(CrmError):
    """Facts: place, step, setting, value, expected (a kind of setting), choices."""


class StepBlocked(CrmError):
    """A recipe is not written because of one step. Facts: place, step, why (a reason of steps and its facts)."""


class RecipeTooSlow(CrmError):
    """Facts: seconds (the limit)."""


class RecipeFileUnreadable(CrmError):
    """A file that is no text, or far too long for a recipe. Facts: megabytes (the most)."""


class PreviewOutdated(CrmError):
    """The data moved on between a preview and its writing. No facts."""


# --- deciding on duplicates ---------------------------------------------------------------------


class PairGone(CrmError):
    """A record of a pair that is decided on was merged or deleted meanwhile. Facts: table."""


# --- duplicates ---------------------------------------------------------------------------------


class NoIdColumn(CrmError):
    """Records to be compared have no column `id`. Facts: columns (how many they have)."""


class IdsNotUnique(CrmError):
    """An id is missing or stands twice. Facts: rows."""


class TooFewRecords(CrmError):
    """Facts: found."""


class NothingToCompare(CrmError):
    """No column says who or what a record is about. Facts: columns (how many there are)."""


class UnknownMeaning(CrmError):
    """A column was given a meaning that there is not, or is no column. Facts: column, meaning."""


# --- duplicates by texts -------------------------------------------------------------------------


class NoTextToCompare(CrmError):
    """The columns that should tell records apart hold no word. Facts: columns."""


class ModelOfAnotherRelease(CrmError):
    """A search was kept by a release that compared records in another way. No facts."""


# --- features of customers ------------------------------------------------------------------------


class NoCustomersYet(CrmError):
    """Nobody is known by a day. Facts: as_of."""


# --- algorithms of clustering --------------------------------------------------------------------


class RfmFeaturesNeeded(CrmError):
    """The RFM grid was asked for without what it scores. Facts: features (those that are missing)."""


# --- segments over time --------------------------------------------------------------------------


class NobodyInSegment(CrmError):
    """A rule or a selection that nobody fulfils. Facts: as_of."""


class SegmentWithoutRun(CrmError):
    """A segment from clustering whose model was not kept (by an earlier release). Facts: name."""


class SegmentStandsLater(CrmError):
    """A refresh to a day before the newest snapshot. Facts: as_of, newest."""


class NobodyOnDay(CrmError):
    """As of a day there is nobody with the features that segments need. Facts: as_of."""


class SegmentsEnded(CrmError):
    """Every segment of a run has ended or is deleted. No facts."""


# --- segments to carry away -----------------------------------------------------------------------


class SegmentUnknown(CrmError):
    """No kept segment has that name or number. Facts: name, known (some that there are)."""


class NothingPlaced(CrmError):
    """No customer could be placed in the groups of a kept model. Facts: as_of."""


# --- lifetime value ---------------------------------------------------------------------------------------


class NobodyBoughtAgain(CrmError):
    """No customer has bought on a second day, so nothing says how often they buy. Facts: customers."""


# --- purchase prediction: the question -----------------------------------------------------------


class CutoffOutsideData(CrmError):
    """A prediction as of a day before the first order. Facts: as_of, first."""


class NobodyBought(CrmError):
    """A prediction of orders was asked for where no customer has one. No facts."""


class TargetUnknown(CrmError):
    """The column or campaign to predict is not there, or is neither yes/no nor a number. Facts: column."""


class NobodyToPredict(CrmError):
    """Nobody is left of whom the question can be asked: an empty segment, nobody active. Facts: as_of."""


# --- saved models and frozen scores ----------------------------------------------------------------


class NoModelFile(CrmError):
    """A file that is no model of the workbench, or broken. No facts."""


class ModelFileTooLarge(CrmError):
    """A model file beyond what one can be. Facts: size, most (in MB)."""


class ModelFileForeign(CrmError):
    """A model file that this book did not sign, or that was changed since. No facts."""


class ModelTypesRefused(CrmError):
    """A model file with types that no model of the workbench has. Facts: types."""


class ModelOfAnotherVersion(CrmError):
    """A model learned with another version of scikit-learn. Facts: found, known."""


class ModelFeaturesMissing(CrmError):
    """A kept model needs features that nothing is known of any more. Facts: columns."""


class ModelNotKept(CrmError):
    """Frozen scores whose model was not kept. Facts: name."""


class RunUnknown(CrmError):
    """No frozen scores have that name or number. Facts: name, known (some that there are)."""


class NothingToFreeze(CrmError):
    """A prediction that scored nobody. Facts: as_of."""


class AnswerNotFrozen(CrmError):
    """Kinds cannot be frozen: there is no one number a customer. No facts."""


class NobodyForTarget(CrmError):
    """A target list on which nobody stands. No facts."""


class TooLittleEvidence(CrmError):
    """A model was asked for where there is too little to learn from: the plain rule stands in. No facts."""


class NotAChance(CrmError):
    """An amount was asked for where only chances can be told. No facts."""


# --- purchase prediction: dated ------------------------------------------------------------------


class HistoryTooShort(CrmError):
    """No outcome of any customer is known yet, and nobody has bought twice. Facts: horizon_days, as_of."""


class TooFewAmounts(CrmError):
    """Too few customers have a purchase worth more than nothing to tell what they spend. Facts: needed, found."""


class TooFewToValue(CrmError):
    """Too few customers have bought to tell what they are worth. Facts: needed, found."""


# --- purchase prediction: learning -----------------------------------------------------------------


class TargetAmongFeatures(CrmError):
    """What is to be predicted was chosen to predict it by. Facts: feature."""


class TooFewOfOneAnswer(CrmError):
    """Of one answer there are fewer rows than can be learned from and judged on. Facts: needed, found, rows."""


class NothingToLearnFrom(CrmError):
    """No feature differs from row to row. Facts: features (how many there were)."""


class NotYesOrNo(CrmError):
    """The column to predict has neither yes and no nor two values. Facts: column, values (how many different ones)."""


class FeatureUnknown(CrmError):
    """A feature was to be left out that is not there. Facts: feature, known (names of those that are)."""


class NoMessages(CrmError):
    """There is no message to read."""


class TooFewConversations(CrmError):
    """No theme was spoken of by enough customers whose days afterwards are over. Facts: needed, found (customers),
    days.
    """


class SummaryTooShort(CrmError):
    """A summary of no length was asked for. Facts: length."""


class NothingToSum(CrmError):
    """No text has a sentence to choose from. No facts."""


class TermsUnreadable(CrmError):
    """A file of own words lacks a column, or a cell is no number. Facts: missing (the column, or the word)."""


class TooFewForTopics(CrmError):
    """messages: different ones with two words worth counting, needed: how many there must be at least."""


class TooFewLabels(CrmError):
    """found and needed labelled texts."""


class OneClassOnly(CrmError):
    """label: the only class that texts were given."""


class ClassesUnknown(CrmError):
    """No classes of texts are kept under that name or number. Facts: name, known (the names that there are)."""


# --- maps ------------------------------------------------------------------------------------------


class BoundariesUnreadable(CrmError):
    """A file of boundaries is damaged or no GeoJSON."""


class BoundariesWithoutShapes(CrmError):
    """No feature of the file has an area. Facts: found (the kinds of geometry that it has)."""


class BoundariesWithoutNames(CrmError):
    """No field of the file was taken for a code or a name. Facts: shapes."""


class BoundariesAllBroken(CrmError):
    """No shape of the file has a sound ring. Facts: shapes."""


class BoundariesNotInDegrees(CrmError):
    """A point is no longitude and latitude. Facts: x, y."""


class BoundariesTooLarge(CrmError):
    """The file, unpacked, is larger than is read. Facts: most (megabytes)."""


class BoundariesTooMany(CrmError):
    """The file has more shapes than a map shows. Facts: found, most."""


class BoundariesTooFine(CrmError):
    """The shapes have more points than are read. Facts: most."""
class TooFewPeriods(CrmError):
    """A series has too few periods with a value for what is asked. Facts: found, needed."""
class ZoneUnknown(CrmError):
    """No time zone is called so. Facts: zone."""


class MeasureUnknown(CrmError):
    """No measure is called so. Facts: measure, known (the names that there are)."""


class SplitImpossible(CrmError):
    """A measure cannot be split that way. Facts: split, known (the ways that there are)."""


class IntervalUnknown(CrmError):
    """No interval is called so. Facts: interval, known (the names that there are)."""


class IntervalTooFine(CrmError):
    """Own numbers are asked for in periods shorter than those in which they were taken. Facts: interval, taken."""


class NothingInSeries(CrmError):
    """A measure has no value in the time asked for. Facts: measure."""


class WeekUnknown(CrmError):
    """A week begins with no such day. Facts: week, known (the days that are known)."""


class ComparisonUnknown(CrmError):
    """With that a series cannot be compared. Facts: comparison, known (the names of those that it can)."""
class NoPlaceboDates(CrmError):
    """An event leaves too few other dates that it could be held against. Facts: found, needed."""
