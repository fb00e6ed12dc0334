namespace OllamaProxy.Storage.Texts;

/// <summary>A long text that is in the store and has yet to become a prompt's.</summary>
/// <param name="Id">Its number in the table <c>texts</c>.</param>
/// <param name="Kind">Which text of a prompt it will be; see <see cref="LongTextFormat"/>.</param>
internal readonly record struct StagedText(long Id, string Kind);
