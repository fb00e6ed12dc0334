namespace OllamaProxy.Storage.Copying;

/// <summary>Things that are copied one after the other, in the order of their numbers, each with all that belongs to it.</summary>
/// <param name="Root">The table with a row for each.</param>
/// <param name="Tables">Their tables, in an order in which they can be written.</param>
/// <param name="Size">About how many bytes one has, in SQL.</param>
internal sealed record CopiedSet(CopiedTable Root, IReadOnlyList<CopiedTable> Tables, string Size)
{
    public static readonly CopiedSet Prompts = new(CopiedTable.Prompts, CopiedTable.All, PromptSize.Expression);

    public static readonly CopiedSet Files =
        new(CopiedTable.Files, [CopiedTable.Files, CopiedTable.FileTexts, CopiedTable.FileParts], "bytes");

    public static readonly CopiedSet Batches = new(CopiedTable.Batches, CopiedTable.OfBatches, "1000 * 100");

    /// <summary>All of them, in an order in which they can be written.</summary>
    public static readonly IReadOnlyList<CopiedSet> All = [Prompts, Files, Batches];

    /// <summary>The tables of all.</summary>
    public static IEnumerable<CopiedTable> AllTables => All.SelectMany(set => set.Tables);

    /// <summary>The set that a table is of.</summary>
    public static CopiedSet Of(CopiedTable table) => All.First(set => set.Tables.Contains(table));
}
