using System.Net;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Access;
using OllamaProxy.Api.Errors;
using OllamaProxy.Configuration;

namespace OllamaProxy.Api.Callers;

/// <summary>Finds out who asks: by their key or, where none is needed, by their address.</summary>
public sealed class CallerReader(ApiKeys keys, HostLimits limits, OllamaProxyOptions options)
{
    private const int MaxNameLength = 128;

    /// <summary>Whether only callers with a key are let in.</summary>
    public bool NeedsKey => keys.AreNeeded;

    /// <summary>Who asks; null: they show no key that is known, though one is needed.</summary>
    /// <param name="context">The request.</param>
    /// <param name="isCookie">Whether a browser sent the key by itself.</param>
    /// <exception cref="ProblemException">400: the name for whom they ask is no good.</exception>
    public Caller? Read(HttpContext context, out bool isCookie)
    {
        isCookie = false;
        var named = NamedIn(context.Request);
        if (!NeedsKey)
            return new(null, Join(AddressOf(context), named)) { IsAdmin = true, SeesAll = true };
        foreach (var shown in Credentials.Of(context.Request))
        {
            if (keys.Current.Find(shown.Key) is not { } key)
                continue;
            isCookie = shown.IsCookie;
            var caller = key.IsAdmin ? OfAdmin(key, named) : new(key.Owner, Join(key.Owner, named));
            return caller with { Limits = keys.Current.LimitsOf(caller.Owner!) };
        }
        return null;
    }

    /// <summary>An admin who names an owner acts as that one.</summary>
    private static Caller OfAdmin(ApiKey key, string? named) => named is null
        ? new(key.Owner, key.Owner) { IsAdmin = true, SeesAll = true }
        : ApiKeysSetting.IsName(named) ? new(named, named) { IsAdmin = true }
        : throw Problems.BadRequest($"'{named}' is no name of an owner: those have up to 64 letters, digits and the characters . _ @ -.");

    /// <summary>For whom a client that serves many people asks: they share what it is given; null: it does not say.</summary>
    private string? NamedIn(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(options.OwnerHeader, out var values) || values.ToString() is not { Length: > 0 } name)
            return null;
        return name.Length <= MaxNameLength && !name.Any(char.IsControl) ? name
            : throw Problems.BadRequest(
                $"{options.OwnerHeader} must have at most {MaxNameLength} characters, and no control character among them.");
    }

    private string? AddressOf(HttpContext context)
    {
        var address = limits.ClientAddressHeader is not { } header ? context.Connection.RemoteIpAddress
            // Azure adds the port, which is another one for each connection.
            : IPEndPoint.TryParse(context.Request.Headers[header].ToString().Split(',')[^1].Trim(), out var client) ? client.Address
            : null;
        return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4().ToString() : address?.ToString();
    }

    private static string? Join(string? account, string? named) => named is null ? account : $"{account}/{named}";
}
