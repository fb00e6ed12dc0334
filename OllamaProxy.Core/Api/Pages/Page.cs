using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Pages;

/// <summary>
/// A page, served as one file. Its content security policy (https://www.w3.org/TR/CSP3/) allows only the script and the style that
/// carry the nonce of this response, so that nothing else that gets into the page can run.
/// </summary>
internal sealed class Page : IResult
{
    /// <summary>The placeholder of the nonce in the HTML.</summary>
    private const string Placeholder = "{nonce}";

    private readonly string _html;

    private Page(string html) => _html = html;

    /// <summary>Assembles a page from the files that are embedded in the program.</summary>
    /// <exception cref="InvalidOperationException">The page cannot be assembled.</exception>
    public static Page Load(string name) => new(PageAssembler.Assemble(name, PageAssembler.ReadEmbedded));

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
