using System.Globalization;
using System.Text.Json;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api.Http;

/// <summary>How long the names can be that clients give: they come back in lists, statuses, logs and indexes.</summary>
internal static class NameLimits
{
    /// <summary>The longest name of a model, in characters.</summary>
    public const int MaxModel = 256;

    private const int MaxMetadataKey = 256;
    private const int MaxMetadataBytes = 64 * 1024;

    /// <summary>Why the name of a model is no good; null: it is.</summary>
    public static string? WhyNotModel(string model) => model.Length <= MaxModel ? null
        : string.Create(CultureInfo.InvariantCulture, $"'model' must have at most {MaxModel} characters, but has {model.Length}.");

    /// <summary>Checks a client's own object.</summary>
    /// <exception cref="ProblemException">400: it or a key in it is too long.</exception>
    public static void CheckMetadata(JsonElement metadata, int bytes)
    {
        if (bytes > MaxMetadataBytes)
            throw Problems.BadRequest(
                string.Create(CultureInfo.InvariantCulture, $"'metadata' must take at most {MaxMetadataBytes} bytes, but takes {bytes}."));
        CheckKeys(metadata);
    }

    private static void CheckKeys(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray())
                CheckKeys(item);
        if (value.ValueKind != JsonValueKind.Object)
            return;
        foreach (var field in value.EnumerateObject())
        {
            if (field.Name.Length > MaxMetadataKey)
                throw Problems.BadRequest(string.Create(CultureInfo.InvariantCulture,
                    $"A key in 'metadata' must have at most {MaxMetadataKey} characters, "
                    + $"but '{field.Name[..40]}...' has {field.Name.Length}."));
            CheckKeys(field.Value);
        }
    }
}
