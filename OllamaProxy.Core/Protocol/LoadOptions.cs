using System.Globalization;
using System.Text.Json;

namespace OllamaProxy.Protocol;

/// <summary>
/// The options of a request that Ollama fixes when it loads a model, as one canonical text such as <c>num_ctx=16384,num_thread=8</c>; empty
/// where the request names none of them. A request with others has Ollama load the model again (<c>server/sched.go</c>:
/// <c>needsReload</c>). What else a load depends on, such as adapters, comes with the model.
/// </summary>
public static class LoadOptions
{
    private const string Context = "num_ctx";
    private const string MemoryMap = "use_mmap";

    /// <summary>The options that Ollama hands to the process that runs a model (<c>api/types.go</c>: <c>Runner</c>).</summary>
    private static readonly string[] Names =
        [Context, "num_batch", "num_gpu", "main_gpu", MemoryMap, "num_thread", "draft_num_predict"];

    /// <summary>Reads them from a request of Ollama's own API.</summary>
    /// <param name="request">The request; what is no JSON object names none.</param>
    /// <param name="defaults">What is put into the request where it says nothing.</param>
    public static string Of(ReadOnlySpan<byte> request, DefaultOptions defaults)
    {
        try
        {
            using var options = Read(request, "options"u8);
            using var shift = Read(request, "shift"u8);
            var found = Names.Select(name => (Name: name, Value: options?.RootElement.Find(name) is { } given
                ? ValueOf(name, given) : DefaultOf(name, defaults)));
            // A field of the request and no option, and yet fixed at the load: whether the context moves on when it is full.
            if (shift is { RootElement.ValueKind: JsonValueKind.False })
                found = found.Append(("shift", "false"));
            return string.Join(',', found.Where(option => option.Value is not null).Select(option => $"{option.Name}={option.Value}"));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    /// <summary>Whether an option of this name is one of them whose value is a whole number.</summary>
    public static bool IsWholeNumber(string name) => name != MemoryMap && Names.Contains(name);

    /// <summary>The length of the context that they ask for, in tokens; null: they leave it to Ollama.</summary>
    public static long? ContextLength(string options) =>
        options.StartsWith(Context + "=", StringComparison.Ordinal)
        && long.TryParse(options.Split(',')[0][(Context.Length + 1)..], CultureInfo.InvariantCulture, out var length) ? length : null;

    /// <summary>The options of a request that asks for a context of this length and for nothing else.</summary>
    public static string OfContext(long length) => string.Create(CultureInfo.InvariantCulture, $"{Context}={length}");

    private static string? DefaultOf(string name, DefaultOptions defaults)
    {
        if (defaults.Find(name) is not { } json)
            return null;
        using var value = JsonDocument.Parse(json);
        return ValueOf(name, value.RootElement);
    }

    /// <summary>The value as Ollama understands it; null: it is the default, or Ollama will refuse it.</summary>
    private static string? ValueOf(string name, JsonElement value) => value switch
    {
        { ValueKind: JsonValueKind.True or JsonValueKind.False } flag when name == MemoryMap => flag.GetBoolean() ? "true" : "false",
        { ValueKind: JsonValueKind.Number } number when name != MemoryMap && number.TryGetDouble(out var real) =>
            // Any negative number of layers leaves the choice to Ollama, and never is a reason to load the model again.
            name == "num_gpu" && real < 0 ? null : Math.Truncate(real).ToString("F0", CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>A field of the request; null: there is none.</summary>
    private static JsonDocument? Read(ReadOnlySpan<byte> request, ReadOnlySpan<byte> name)
    {
        // Most requests have none, and this costs much less than to read them. In another case only the first letter is likely to be.
        if (request.IndexOf(name[1..]) < 0)
            return null;
        return JsonField.Find(request, name, out _, out _) is { } field
            ? JsonDocument.Parse(request[field.Start..field.End].ToArray(), JsonReading.Deep) : null;
    }
}
