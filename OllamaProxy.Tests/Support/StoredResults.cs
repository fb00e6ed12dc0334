using System.Text;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Support;

/// <summary>Results of a store, whole.</summary>
public static class StoredResults
{
    /// <summary>The whole result; null if there is none.</summary>
    public static async Task<PromptResult?> WholeResultAsync(this IPromptStore store, Guid id) =>
        await store.FindResultAsync(id, default) is { } result
            ? new(await ReadAsync(result.Text), result.Thinking is null ? null : await ReadAsync(result.Thinking), result.Statistics)
            : null;

    private static async Task<string> ReadAsync(StoredText text)
    {
        using var whole = new MemoryStream();
        await foreach (var piece in text(default))
            whole.Write(piece.Span);
        return Encoding.UTF8.GetString(whole.GetBuffer(), 0, (int)whole.Length);
    }
}
