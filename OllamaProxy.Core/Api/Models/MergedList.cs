using System.Text.Json;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Models;

/// <summary>Makes one list of several that Ollama servers answered with; a single one stays as it is, byte for byte.</summary>
internal static class MergedList
{
    /// <summary>Merges the lists.</summary>
    /// <param name="answers">At least one.</param>
    /// <param name="list">The field that holds the list; the other fields are those of the first answer.</param>
    /// <param name="key">The field by which items are the same, so that the first is taken; null: all are taken.</param>
    public static ReadOnlyMemory<byte> Of(IReadOnlyList<ReadOnlyMemory<byte>> answers, string list, string? key)
    {
        if (answers.Count == 1)
            return answers[0];
        var documents = answers.Select(answer => JsonDocument.Parse(answer)).ToList();
        try
        {
            var items = documents.SelectMany(document => document.RootElement.Items(list));
            return Write(documents[0].RootElement, list, key is null ? items : items.DistinctBy(item => item.Text(key)));
        }
        finally
        {
            foreach (var document in documents)
                document.Dispose();
        }
    }

    /// <summary>Leaves out of a list what a condition does not hold for.</summary>
    public static ReadOnlyMemory<byte> Where(ReadOnlyMemory<byte> answer, string list, Func<JsonElement, bool> condition)
    {
        using var document = JsonDocument.Parse(answer);
        return Write(document.RootElement, list, document.RootElement.Items(list).Where(condition));
    }

    private static ReadOnlyMemory<byte> Write(JsonElement first, string list, IEnumerable<JsonElement> items)
    {
        using var merged = new MemoryStream();
        using (var writer = new Utf8JsonWriter(merged))
        {
            writer.WriteStartObject();
            foreach (var field in first.EnumerateObject())
                if (!field.NameEquals(list))
                    field.WriteRawTo(writer);
            writer.WriteStartArray(list);
            foreach (var item in items)
                item.WriteTo(writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return merged.ToArray();
    }
}
