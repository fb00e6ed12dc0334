namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>A long text that is in the file and has yet to become a prompt's.</summary>
/// <param name="Id">Its number in the table <c>texts</c>.</param>
/// <param name="Kind">What of a prompt it will be; see <see cref="LongTexts"/>.</param>
internal readonly record struct StagedText(long Id, string Kind);
