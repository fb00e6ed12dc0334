using System.Text.Json;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Files;
using OllamaProxy.Api.Http;
using OllamaProxy.Batches;
using OllamaProxy.Batching;
using OllamaProxy.Callbacks;

namespace OllamaProxy.Api.Batches;

/// <summary>Reads the body that makes a batch.</summary>
internal static class NewBatchReader
{
    private const string Window = "24h";
    private const int MaxPairs = 16;
    private const int MaxKey = 64;
    private const int MaxValue = 512;

    /// <summary>How long OpenAI keeps files of batches unless the client says otherwise.</summary>
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(30);

    /// <exception cref="ProblemException">400: a field is missing or no good.</exception>
    public static (string InputFileId, Func<Guid, Guid, NewBatch> Describe) Read(ReadOnlyMemory<byte> body, CallbackReader callbacks)
    {
        using var document = JsonBody.Parse(body);
        var fields = JsonBody.FieldsOf(document.RootElement);
        var input = fields.Text("input_file_id") ?? throw Problems.BadRequest("'input_file_id' is missing.");
        var endpoint = fields.Text("endpoint") ?? throw Problems.BadRequest("'endpoint' is missing.");
        if (!OpenAIBatchFormat.Endpoints.Contains(endpoint))
            throw Problems.BadRequest($"'endpoint' must be one of {string.Join(", ", OpenAIBatchFormat.Endpoints)}, but is '{endpoint}'.");
        if (fields.Text("completion_window") is not Window and var window)
            throw Problems.BadRequest(
                window is null ? "'completion_window' is missing." : $"'completion_window' must be {Window}, but is '{window}'.");
        var metadata = ReadMetadata(fields.Find("metadata", "an object", JsonValueKind.Object));
        var lifetime = fields.Find("output_expires_after", "an object", JsonValueKind.Object) is { } expiry
            ? ReadLifetime(new(expiry)) : DefaultLifetime;
        var callback = callbacks.Read(fields, CallbackEvents.OfBatches);
        return (input, (id, file) => new(id, BatchApi.OpenAI, endpoint, file, TimeSpan.FromHours(24))
        {
            Metadata = metadata,
            OutputLifetime = lifetime,
            Callback = callback,
        });
    }

    private static TimeSpan ReadLifetime(JsonFields expiry)
    {
        if (expiry.Text("anchor") is { } anchor && anchor != FileLifetime.Anchor)
            throw FileLifetime.BadAnchor(anchor);
        return FileLifetime.Of(expiry.Int32("seconds", 0, int.MaxValue) ?? 0);
    }

    private static string? ReadMetadata(JsonElement? metadata)
    {
        if (metadata is not { } pairs)
            return null;
        if (pairs.EnumerateObject().Count() > MaxPairs)
            throw Problems.BadRequest($"'metadata' must have at most {MaxPairs} pairs.");
        foreach (var pair in pairs.EnumerateObject())
            if (pair.Name.Length > MaxKey || pair.Value.ValueKind != JsonValueKind.String || pair.Value.GetString()!.Length > MaxValue)
                throw Problems.BadRequest(
                    $"'metadata' must have keys of at most {MaxKey} characters, and strings of at most {MaxValue} as values.");
        return pairs.GetRawText();
    }
}
