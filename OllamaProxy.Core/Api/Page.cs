using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api;

/// <summary>
/// A page, which is one file, with a policy that lets it do nothing but what is in that file: its own script and style run,
/// by their hashes (https://www.w3.org/TR/CSP3/), and whatever else gets into it does not.
/// </summary>
internal sealed partial class Page : IResult
{
    private readonly byte[] _html;
    private readonly string _policy;

    private Page(string html) => (_html, _policy) = (Encoding.UTF8.GetBytes(html), PolicyOf(html));

    /// <summary>Reads a page that is embedded in the program.</summary>
    public static Page Load(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        // As a browser has it when it takes the hashes, wherever the file was checked out.
        return new(reader.ReadToEnd().ReplaceLineEndings("\n"));
    }

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = _html.Length;
        response.Headers.ContentSecurityPolicy = _policy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        await response.BodyWriter.WriteAsync(_html, httpContext.RequestAborted);
    }

    private static string PolicyOf(string html) => string.Join("; ",
        "default-src 'none'",
        $"script-src {HashOf(Script().Match(html))}",
        $"style-src {HashOf(Style().Match(html))}",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'");

    private static string HashOf(Match element) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(element.Groups[1].Value)))}'";

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Script();

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex Style();
}
