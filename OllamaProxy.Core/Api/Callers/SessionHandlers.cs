using Microsoft.AspNetCore.Http;
using OllamaProxy.Access;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;

namespace OllamaProxy.Api.Callers;

/// <summary>Signs the pages in and out: a browser then sends the key by itself, and no script can read it.</summary>
public sealed class SessionHandlers(ApiKeys keys, RequestBody bodies)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>Who asks, and whether a key is needed: 200.</summary>
    public Task<IResult> StateAsync(HttpContext context) =>
        Task.FromResult(JsonResult.Of(SessionResource.Of(context.Caller(), keys.AreNeeded), ApiJson.Relaxed.SessionResource));

    /// <summary>Keeps the key in the body, <c>{"key": "..."}</c>, in a cookie: 200 with who that is, or 401.</summary>
    public async Task<IResult> SignInAsync(HttpContext context)
    {
        using var body = await bodies.ReadAsync(context);
        using var document = JsonBody.Parse(body.Bytes);
        var shown = JsonBody.FieldsOf(document.RootElement).Text("key") ?? throw Problems.BadRequest("'key' is missing.");
        if (!keys.AreNeeded)
            return Problems.Conflict("No key is needed here: OLLAMA_PROXY_API_KEYS is not set.");
        if (keys.Current.Find(shown.Trim()) is not { } key)
            return CallerCheck.Unauthorized(context, CallerCheck.UnknownKey);
        context.Response.Cookies.Append(Credentials.Cookie, shown.Trim(), CookieOf(context, Lifetime));
        return JsonResult.Of(new SessionResource(true, key.Owner, key.IsAdmin), ApiJson.Relaxed.SessionResource);
    }

    /// <summary>Forgets the key: 204.</summary>
    public static Task<IResult> SignOutAsync(HttpContext context)
    {
        context.Response.Cookies.Delete(Credentials.Cookie, CookieOf(context, null));
        return Task.FromResult<IResult>(TypedResults.NoContent());
    }

    private static CookieOptions CookieOf(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        // Behind a proxy that speaks HTTPS to the browser, it says so.
        Secure = context.Request.IsHttps || context.Request.Headers["X-Forwarded-Proto"] == "https",
        Path = "/",
        MaxAge = lifetime,
    };
}

/// <summary>Who asks, as the pages see it.</summary>
/// <param name="KeyNeeded">Whether only callers with a key are let in.</param>
/// <param name="Owner">The name of the key; left out where there is none.</param>
/// <param name="Admin">Whether they may do everything.</param>
public sealed record SessionResource(bool KeyNeeded, string? Owner, bool Admin)
{
    /// <summary>Makes it.</summary>
    public static SessionResource Of(Caller caller, bool keyNeeded) =>
        new(keyNeeded, caller.Owner is { Length: > 0 } owner ? owner : null, caller.IsAdmin);
}
