using System.Text.Json;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Callbacks;
using OllamaProxy.Configuration;
using OllamaProxy.Webhooks;

namespace OllamaProxy.Api.Callbacks;

/// <summary>Reads <c>callback_url</c> and <c>callback_events</c>: a client wants to be told how a prompt or a batch ends.</summary>
public sealed class CallbackReader(AddressGuard guard, OllamaProxyOptions options)
{
    /// <summary>The field with the address.</summary>
    internal const string UrlField = "callback_url";

    /// <summary>The field with the types of events.</summary>
    internal const string EventsField = "callback_events";

    private const int MaxLength = 2048;

    /// <summary>Reads the fields.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="known">The types of events that there are.</param>
    /// <returns>Null: the client does not want to be told.</returns>
    /// <exception cref="ProblemException">400: they are no good; the message names the field.</exception>
    internal Callback? Read(JsonFields fields, IReadOnlyList<string> known)
    {
        var url = fields.Text(UrlField);
        var events = fields.Find(EventsField, "an array of strings", JsonValueKind.Array);
        if (url is not null)
            return new(ReadUrl(url), string.Join(' ', events is { } array ? ReadEvents(array, known) : known));
        return events is null ? null : throw Problems.BadRequest($"'{EventsField}' needs '{UrlField}'.");
    }

    private string ReadUrl(string text)
    {
        if (!options.Webhooks.AreEnabled)
            throw Problems.BadRequest($"'{UrlField}' cannot be used here: the server has no secret to sign events with. "
                + "Its operator can set OLLAMA_PROXY_WEBHOOK_SECRET.");
        if (text.Length > MaxLength)
            throw Problems.BadRequest($"'{UrlField}' must have at most {MaxLength} characters, but has {text.Length}.");
        if (text.Any(character => char.IsWhiteSpace(character) || char.IsControl(character))
            || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
            throw Problems.BadRequest($"'{UrlField}' must be an address of http or https, such as https://example.org/hook.");
        if (url.UserInfo.Length > 0)
            throw Problems.BadRequest($"'{UrlField}' must not hold a user or a password.");
        if (IsRefused(url))
            throw Problems.BadRequest($"'{UrlField}' does not lead to a public address. "
                + "The operator of the server can allow others by OLLAMA_PROXY_WEBHOOK_ALLOW.");
        return url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);
    }

    /// <summary>Whether that is certain. What a name resolves to is looked at when an event is sent.</summary>
    private bool IsRefused(Uri url)
    {
        var (host, port) = (url.IdnHost, url.Port);
        return !options.Webhooks.Allowed.AllowsName(host, port) && (LocalNetwork.IsLoopbackName(host)
            ? guard.Refuses("127.0.0.1", port) && guard.Refuses("::1", port) : guard.Refuses(host, port));
    }

    private static IEnumerable<string> ReadEvents(JsonElement array, IReadOnlyList<string> known)
    {
        var events = array.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.String ? value.GetString()! : "").ToList();
        return events.Count > 0 && events.TrueForAll(known.Contains) ? events.Distinct()
            : throw Problems.BadRequest($"'{EventsField}' must hold at least one of {string.Join(", ", known)}, and nothing else.");
    }
}
