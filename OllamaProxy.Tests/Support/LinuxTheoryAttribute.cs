namespace OllamaProxy.Tests.Support;

/// <summary>As <see cref="LinuxFactAttribute"/>, with data.</summary>
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = LinuxFactAttribute.Reason;
    }
}
