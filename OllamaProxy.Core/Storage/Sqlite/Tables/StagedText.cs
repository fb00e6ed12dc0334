namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>A long text that is stored, but has yet to be adopted by a prompt.</summary>
/// <param name="Id">Its id in the table <c>texts</c>.</param>
/// <param name="Kind">Which text of the prompt it becomes; see <see cref="LongTexts"/>.</param>
internal readonly record struct StagedText(long Id, string Kind);
