using System.Globalization;
using System.Text;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Files;

namespace OllamaProxy.Api.Files;

/// <summary>The fields of an upload beside the file, in whatever order they come.</summary>
internal sealed class FileForm
{
    /// <summary>The longest value that is read, in bytes.</summary>
    public const int MaxValueLength = 1024;

    private const int MaxNameLength = 512;

    /// <summary>Those that OpenAI has.</summary>
    private static readonly string[] Purposes = ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"];

    /// <summary>How long OpenAI keeps files for batches unless the client says otherwise.</summary>
    private static readonly TimeSpan BatchLifetime = TimeSpan.FromDays(30);

    private readonly Dictionary<string, string> _fields = [];

    /// <summary>The name of the file; null: there was none.</summary>
    public string? FileName { get; set; }

    /// <summary>Keeps a field. Of two with one name the later one counts; unknown ones are passed over.</summary>
    public void Set(string name, string value)
    {
        if (name is "purpose" or "expires_after[anchor]" or "expires_after[seconds]")
            _fields[name] = value;
    }

    /// <summary>The file that the fields describe.</summary>
    /// <exception cref="ProblemException">400: a field is missing or no good.</exception>
    public NewFile ToFile(string? owner)
    {
        if (FileName is not { } name)
            throw Problems.BadRequest("'file' is missing: the part of the form that holds the file, with its name.");
        if (Encoding.UTF8.GetByteCount(name) > MaxNameLength || name.Any(char.IsControl))
            throw Problems.BadRequest(
                $"The name of the file must have at most {MaxNameLength} bytes, and no control character among them.");
        var purpose = _fields.GetValueOrDefault("purpose") ?? throw Problems.BadRequest("'purpose' is missing.");
        if (!Purposes.Contains(purpose))
            throw Problems.BadRequest($"'purpose' must be one of {string.Join(", ", Purposes)}, but is '{purpose}'.");
        return new(name, purpose) { Owner = owner, ExpiresAfter = ReadLifetime() ?? (purpose == "batch" ? BatchLifetime : null) };
    }

    private TimeSpan? ReadLifetime()
    {
        if (_fields.GetValueOrDefault("expires_after[anchor]") is { } anchor && anchor != FileLifetime.Anchor)
            throw FileLifetime.BadAnchor(anchor);
        if (_fields.GetValueOrDefault("expires_after[seconds]") is not { } text)
            return _fields.ContainsKey("expires_after[anchor]") ? throw FileLifetime.BadSeconds("missing") : null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? FileLifetime.Of(seconds) : throw FileLifetime.BadSeconds(text);
    }
}
