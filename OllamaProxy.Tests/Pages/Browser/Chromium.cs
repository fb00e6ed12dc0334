using Microsoft.Playwright;

namespace OllamaProxy.Tests.Pages.Browser;

/// <summary>The one browser of all page tests. It ends with the test run.</summary>
internal static class Chromium
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-quic", "--no-first-run",
    ];

    private static readonly Lazy<Task<IBrowser>> Browser = new(() => Task.Run(LaunchAsync));

    /// <summary>
    /// The browser's program; null where there is none. The one without windows comes first: the page tests then cost a third.
    /// </summary>
    public static string? Path { get; } = Array.Find(
        [Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? "", "/usr/bin/chromium-headless-shell", "/usr/bin/chromium",
            "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
        File.Exists);

    /// <summary>A profile of its own, without cookies or a cache, for the pages of one origin.</summary>
    public static async Task<IBrowserContext> NewContextAsync(Uri origin) =>
        await (await Browser.Value).NewContextAsync(new() { BaseURL = origin.ToString(), Locale = "en-US" });

    private static async Task<IBrowser> LaunchAsync()
    {
        // A busy machine is slow, not wrong.
        Assertions.SetDefaultExpectTimeout(30_000);
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Args = Arguments });
    }
}
