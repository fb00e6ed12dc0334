using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Pages;

/// <summary>
/// A page, which is one file, with a policy (https://www.w3.org/TR/CSP3/) that lets it do nothing but what is in that file: only
/// the script and the style run that carry this answer's nonce, and whatever else gets into the page does not.
/// </summary>
internal sealed class Page : IResult
{
    /// <summary>Stands in the file for the nonce.</summary>
    private const string Placeholder = "{nonce}";

    private readonly string _html;

    private Page(string html) => _html = html;

    /// <summary>Reads a page that is embedded in the program.</summary>
    public static Page Load(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return new(reader.ReadToEnd());
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        // 122 bits of the system's own randomness. Hashes of the two would do as well, but load all of OpenSSL.
        var nonce = Guid.NewGuid().ToString("N");
        var response = httpContext.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = PolicyOf(nonce);
        response.Headers["Referrer-Policy"] = "no-referrer";
        return response.WriteAsync(_html.Replace(Placeholder, nonce, StringComparison.Ordinal), httpContext.RequestAborted);
    }

    private static string PolicyOf(string nonce) => string.Join("; ",
        "default-src 'none'",
        $"script-src 'nonce-{nonce}'",
        $"style-src 'nonce-{nonce}'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'");
}
